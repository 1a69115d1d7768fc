//! Commands and events on the local disk: commands are answered within the process, events outlive it.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::bridge::in_memory::requests::InMemoryRequests;
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::embedded::backlog::{BacklogKind, BacklogName};
use crate::embedded::consumer::{EmbeddedConsumer, push};
use crate::embedded::enter::Enter;
use crate::embedded::memory::StoredLimits;
use crate::embedded::message::MessageRecord;
use crate::embedded::orphans;
use crate::embedded::port::FolderPort;
use crate::embedded::push::{Push, PushOutcome};
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::sync::Mutex;

/// Carries commands within the process, and events over the disk: what was accepted outlives the process.
pub struct EmbeddedEvents {
    port: Arc<FolderPort>,
    largest: u64,
    requests: InMemoryRequests,
    consumers: Mutex<Vec<Arc<EmbeddedConsumer>>>,
    /// Nothing where nobody has said which subscriptions the topology has.
    known: Mutex<Option<Vec<KnownSubscription>>>,
    is_shared: bool,
}

impl EmbeddedEvents {
    /// A bridge on a folder, for units of one process that share it.
    #[must_use]
    pub fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self { is_shared: true, ..Self::alone(FolderPort::new(folder.into(), None)) }
    }

    /// The bridge of one unit, with which everybody is gone who could ever hear what others would.
    pub(super) fn alone(port: FolderPort) -> Self {
        Self {
            port: Arc::new(port),
            largest: pontoon_schema::capability::EMBEDDED.largest_payload,
            requests: InMemoryRequests::default(),
            consumers: Mutex::default(),
            known: Mutex::default(),
            is_shared: false,
        }
    }

    fn consumer(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<EmbeddedConsumer> {
        let name = BacklogName {
            kind: BacklogKind::Subscription,
            subject: subject.to_owned(),
            subscription: subscription.to_owned(),
        };
        let limits = StoredLimits::of_subscription(subscription, policy);
        let consumer = Arc::new(EmbeddedConsumer::new(Arc::clone(&self.port), name, limits, self.largest));
        self.consumers.lock().push(Arc::clone(&consumer));
        if let Ok(open) = self.port.open() {
            // Kept from now on, also where nobody takes from it yet.
            consumer.register(&open.database);
        }
        consumer
    }

    /// Opens the folder, and enters the subscriptions of the unit into the database.
    async fn enter(&self) -> Result<(), BridgeError> {
        let open = self.port.connect().await?;
        let backlogs: Vec<_> = self.consumers.lock().iter().map(|consumer| consumer.register(&open.database)).collect();
        let known = self.known.lock().clone();
        if let Some(known) = known {
            orphans::deactivate(&open.database, &known);
        }
        let enter = |answer| Box::new(Enter { backlogs, answer }) as _;
        Ok(open.database.change(enter).await??)
    }

    async fn send(&self, request: Request) -> Result<Reply, BridgeError> {
        self.port.open()?;
        MessageRecord::of(request.subject, &request.message, self.largest)?;
        self.requests.request(request).await
    }
}

impl EventAdapter for EmbeddedEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        Arc::new(EmbeddedTopic { port: Arc::clone(&self.port), subject, largest: self.largest })
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.consumer(subject, subscription, policy)
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        // Kept for nobody, it would fill the disk.
        if self.is_shared {
            self.consumer(subject, subscription, policy);
        }
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.known.lock().get_or_insert_default().extend(subscriptions.iter().copied());
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.requests.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(self.send(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.enter())
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        self.requests.drain();
        MaybeReady::ready(())
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        MaybeReady::boxed(async move {
            let known = self.known.lock().clone();
            let Some(known) = known else { return Ok(Vec::new()) };
            orphans::list(&self.port.open()?.database, &known).await
        })
    }

    fn remove_orphan(&self, orphan: Orphan) -> MaybeReady<'_, Result<bool, BridgeError>> {
        MaybeReady::boxed(async move {
            let known = self.known.lock().clone();
            let Some(known) = known else { return Ok(false) };
            orphans::remove(&self.port.open()?.database, &known, orphan).await
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.requests.close();
        if let Some(open) = self.port.close() {
            for consumer in self.consumers.lock().iter() {
                consumer.register(&open.database).leave(open.number);
            }
        }
        MaybeReady::boxed(self.port.folder_closed())
    }

    fn health(&self) -> Health {
        self.port.health()
    }

    fn counters(&self) -> Counters {
        self.requests.counters()
    }
}

/// The topic of one event on the local disk.
struct EmbeddedTopic {
    port: Arc<FolderPort>,
    subject: &'static str,
    largest: u64,
}

impl EmbeddedTopic {
    async fn put(&self, event: Message) -> Result<(), BridgeError> {
        let open = self.port.open()?;
        let record = MessageRecord::of(self.subject, &event, self.largest)?;
        let into = open.database.subscriptions(self.subject);
        if into.is_empty() {
            return Ok(());
        }
        push(&self.port, &open.database, |answer: oneshot::Sender<_>| Push {
            into: into.clone(),
            record: record.clone(),
            metadata: event.metadata().clone(),
            due: None,
            deduplication: None,
            answer,
            outcome: PushOutcome::Nothing,
        })
        .await
    }
}

impl Topic for EmbeddedTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.put(event))
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        MessageRecord::of(self.subject, event, self.largest).map(drop)
    }
}
