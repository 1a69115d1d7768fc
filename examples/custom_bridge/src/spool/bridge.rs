//! The adapter: what a unit asks of it, and the task that looks for replies and for what others have left.

use std::borrow::Cow;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use pontoon::BridgeError;
use pontoon::adapter::network::{AtomicCounters, Attribute, NetworkConsumer, Outgoing, read_reply};
use pontoon::adapter::{
    Consumer, Counters, Endpoint, EventAdapter, EventBridge, Health, Instance, MaybeReady, Message, Pending, Reply,
    Request, SubscriptionPolicy, Topic,
};
use tokio::time::sleep;

use super::Spool;
use super::endpoint::{CALLER, KEY, Requests};
use super::envelope::{self, Attributes, put};
use super::folder::{Folder, Queue};
use super::subscription::{POLL, Subscription, Taking};

/// The largest payload, in bytes.
pub(super) const LARGEST: u64 = Spool::CAPABILITIES.largest_payload;

/// How often it is looked for what processes have left that are gone, in looks for replies.
const SWEEP: u32 = 20;

const NEW: u8 = 0;
const CONNECTED: u8 = 1;
const DRAINING: u8 = 2;
const CLOSED: u8 = 3;

/// What the parts of the adapter share.
pub(super) struct Shared {
    pub(super) folder: Folder,
    /// Who sends, as messages say it.
    pub(super) source: String,
    pub(super) counters: Arc<AtomicCounters>,
    pending: Pending,
    state: AtomicU8,
    declared: Mutex<Declared>,
}

/// What was asked for before the connection.
#[derive(Default)]
struct Declared {
    subscriptions: Vec<Queue>,
    commands: Vec<Queue>,
}

impl Shared {
    pub(super) fn is_connected(&self) -> bool {
        self.state.load(Ordering::Acquire) == CONNECTED
    }

    pub(super) fn takes_no_more(&self) -> bool {
        self.state.load(Ordering::Acquire) >= DRAINING
    }

    fn is_closed(&self) -> bool {
        self.state.load(Ordering::Acquire) == CLOSED
    }

    fn open(&self) -> Result<(), BridgeError> {
        if self.is_closed() { Err(BridgeError::Closed) } else { Ok(()) }
    }

    fn declared(&self) -> MutexGuard<'_, Declared> {
        self.declared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A message as a file, if it is not too large.
    pub(super) fn written(&self, outgoing: &Outgoing<'_>, mut more: Attributes) -> Result<Vec<u8>, BridgeError> {
        let body = outgoing.body(LARGEST)?;
        outgoing.attributes(|attribute, text| put(&mut more, attribute, text));
        Ok(envelope::written(&more, &body))
    }

    fn connect(&self) -> std::io::Result<()> {
        self.folder.enter()?;
        let declared = self.declared();
        for queue in declared.subscriptions.iter().chain(&declared.commands) {
            self.folder.make(queue)?;
        }
        declared.commands.iter().try_for_each(|queue| self.folder.serve(queue, true))
    }

    /// Hands out replies, and gives back what was left.
    fn look(&self, count: u32) {
        for (key, file) in self.folder.replied() {
            let (attributes, body) = envelope::read(file);
            let get = |attribute: Attribute| attributes.get(attribute.name()).map(|text| Cow::Borrowed(text.as_str()));
            let reply =
                read_reply(body, get).map_err(|malformed| BridgeError::Unavailable(malformed.to_string().into()));
            if let Ok(key) = key.parse() {
                self.pending.answer(key, reply);
            }
        }
        if count.is_multiple_of(SWEEP) {
            let queues = self.declared().subscriptions.clone();
            queues.iter().for_each(|queue| self.folder.sweep(queue));
        }
    }
}

/// Looks until the adapter is closed or gone.
async fn watch(shared: Weak<Shared>) {
    for count in 0.. {
        let Some(shared) = shared.upgrade().filter(|shared| !shared.is_closed()) else { return };
        shared.look(count);
        drop(shared);
        sleep(POLL).await;
    }
}

/// The adapter.
pub(super) struct Bridge(Arc<Shared>);

impl Bridge {
    pub(super) fn new(folder: PathBuf, instance: Instance) -> Arc<Self> {
        Arc::new(Self(Arc::new(Shared {
            folder: Folder::new(folder, instance.id.to_string()),
            source: instance.source(),
            counters: Arc::default(),
            pending: Pending::default(),
            state: AtomicU8::new(NEW),
            declared: Mutex::default(),
        })))
    }

    async fn ask(&self, request: Request) -> Result<Reply, BridgeError> {
        let shared = &self.0;
        shared.open()?;
        let queue = shared.folder.command(request.subject);
        if !shared.folder.is_served(&queue) {
            return Err(BridgeError::NoResponder { subject: request.subject });
        }
        let waiting = shared.pending.begin();
        let address = [(CALLER, shared.folder.instance().to_owned()), (KEY, waiting.key.to_string())];
        let address = address.into_iter().map(|(name, text)| (name.to_owned(), text)).collect();
        let outgoing = Outgoing {
            attempt: request.attempt,
            deadline: Some(request.deadline),
            ..Outgoing::new(request.subject, &request.message, &shared.source)
        };
        let file = shared.written(&outgoing, address)?;
        shared.folder.put(&queue.waiting(), &file).map_err(unavailable)?;
        waiting.answer().await
    }
}

impl EventAdapter for Bridge {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        Arc::new(SpoolTopic { shared: Arc::clone(&self.0), subject })
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.retain_for(subject, subscription, policy);
        let queue = self.0.folder.subscription(subject, subscription);
        let taking = Taking::new(Arc::clone(&self.0), queue);
        let counters = Arc::clone(&self.0.counters);
        Arc::new(NetworkConsumer::new(Subscription { taking, subject }, subscription, policy, counters))
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, _: SubscriptionPolicy) {
        let queue = self.0.folder.subscription(subject, subscription);
        self.0.declared().subscriptions.push(queue);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let queue = self.0.folder.command(subject);
        self.0.declared().commands.push(queue.clone());
        Arc::new(Requests { taking: Taking::new(Arc::clone(&self.0), queue), subject })
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(self.ask(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        let connected = self.0.open().and_then(|()| self.0.connect().map_err(unavailable));
        if connected.is_ok() {
            self.0.state.store(CONNECTED, Ordering::Release);
            tokio::spawn(watch(Arc::downgrade(&self.0)));
        }
        MaybeReady::ready(connected)
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        let _ = self.0.state.compare_exchange(CONNECTED, DRAINING, Ordering::AcqRel, Ordering::Acquire);
        for queue in &self.0.declared().commands {
            let _ = self.0.folder.serve(queue, false);
        }
        MaybeReady::ready(())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        if self.0.state.swap(CLOSED, Ordering::AcqRel) != CLOSED {
            self.0.folder.leave();
            self.0.pending.fail(|| BridgeError::Closed);
        }
        MaybeReady::ready(())
    }

    fn health(&self) -> Health {
        match self.0.is_connected() {
            true => Health::Ready,
            false => Health::Degraded("not connected".to_owned()),
        }
    }

    fn counters(&self) -> Counters {
        self.0.counters.counters(&self.0.pending)
    }
}

/// Where the events of a subject are published.
struct SpoolTopic {
    shared: Arc<Shared>,
    subject: &'static str,
}

impl Topic for SpoolTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        let published = self.shared.open().and_then(|()| {
            let outgoing = Outgoing::new(self.subject, &event, &self.shared.source);
            let file = self.shared.written(&outgoing, Attributes::new())?;
            self.shared.folder.publish(self.subject, &file).map_err(unavailable)
        });
        MaybeReady::ready(published)
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        Outgoing::new(self.subject, event, &self.shared.source).body(LARGEST).map(|_: Bytes| ())
    }
}

pub(super) fn unavailable(error: std::io::Error) -> BridgeError {
    BridgeError::Unavailable(error.into())
}
