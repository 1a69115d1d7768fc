//! The adapter: a connection for what is published and for what only counts while it lasts, and one for the session of
//! each subscription that handles events at least once.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use pontoon_schema::capability::{self, Adapter};
use rumqttc::mqttbytes::QoS;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout, timeout_at};

use super::attempts::AttemptCounts;
use super::connect::{ClientRole, Connector};
use super::connection::Connection;
use super::dead_letters::DeadLetterStore;
use super::endpoint::{MqttEndpoint, ReceivedRequests};
use super::inbound_queue::InboundQueue;
use super::live_connection::ConnectionCommand;
use super::names;
use super::orphans::{RegisteredSession, SessionRegister};
use super::packets::LARGEST_READ;
use super::publisher::MqttPublisher;
use super::requests::{ReplyReceiver, RequestContext, Requests};
use super::retained::{Levels, RetainedMessages};
use super::session::Session;
use super::shared_connection::{Recipient, SharedConnection};
use super::subscribers::Subscribers;
use super::subscription::{MqttSubscription, SubscriptionKind};
use super::topic::MqttTopic;
use super::topic_filters::TopicFilter;
use crate::bridge::network::{AtomicCounters, InFlight, NetworkConsumer, Numbering, PREFETCH};
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::environment::Instance;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::{Mutex, MutexGuard};

/// How long a bridge that closes waits for the PUBACKs of what was published.
const FLUSH: Duration = Duration::from_millis(400);

/// How long it may take in all until the broker has read what was acknowledged, and the goodbye.
const END: Duration = Duration::from_millis(900);

/// How long it may take to end a subscription.
const UNSUBSCRIBE: Duration = Duration::from_millis(400);

/// The event bridge over a broker of MQTT 5.
pub(super) struct MqttEvents {
    connector: Arc<Connector>,
    instance: Instance,
    /// What the ids of all clients of this unit begin with.
    client_id: String,
    source: Arc<str>,
    largest: u64,
    connection: Arc<Connection>,
    shared: Arc<SharedConnection>,
    register: Arc<SessionRegister>,
    requests: Requests,
    in_flight: Arc<InFlight>,
    counters: Arc<AtomicCounters>,
    declared: Mutex<Declared>,
    tasks: Mutex<JoinSet<()>>,
}

/// The topics, consumers and endpoints that were declared.
#[derive(Default)]
struct Declared {
    /// The subscriptions of the topology, where somebody has said which there are.
    subscriptions: Option<Arc<[KnownSubscription]>>,
    subscribers: HashMap<&'static str, Arc<Subscribers>>,
    topics: HashMap<&'static str, Arc<MqttTopic>>,
    consumers: HashMap<&'static str, Arc<NetworkConsumer<MqttSubscription>>>,
    endpoints: HashMap<&'static str, Arc<MqttEndpoint>>,
}

impl MqttEvents {
    pub(super) fn new(connector: Connector, instance: Instance, client_id: &str) -> Self {
        let (connector, source): (_, Arc<str>) = (Arc::new(connector), instance.source().into());
        let largest = capability::event_bridge(Adapter::Mqtt).map_or(u64::MAX, |bridge| bridge.largest_payload);
        let (replies, in_flight) = (Arc::new(ReplyReceiver::new()), Arc::<InFlight>::default());
        let shared = Arc::new(SharedConnection::new(&replies));
        let client_id = format!("{client_id}-{}", instance.unit);
        // Nothing is kept for it: it may be another client each time, and is unlike that of any other process.
        let role =
            ClientRole { client_id: format!("{client_id}-{}", instance.id), lasting: false, receive_maximum: u16::MAX };
        let connection = Connection::new(&connector, role, Arc::<SharedConnection>::clone(&shared));
        let response_topic = names::replies(instance.topology, connector.credentials.username.as_deref(), instance.id);
        let id = Some(shared.add(Recipient::Replies));
        connection.filters.want(TopicFilter { path: response_topic.clone(), qos: QoS::AtMostOnce, id, beside: None });
        let requests = Requests::new(RequestContext {
            connection: Arc::clone(&connection),
            replies,
            in_flight: Arc::clone(&in_flight),
            source: Arc::clone(&source),
            response_topic,
            largest,
        });
        let register = SessionRegister::new(&connector, &connection, &in_flight, instance.topology, &client_id);
        Self {
            connector,
            register: Arc::new(register),
            instance,
            client_id,
            source,
            largest,
            connection,
            shared,
            requests,
            in_flight,
            counters: Arc::default(),
            declared: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    fn declared(&self) -> MutexGuard<'_, Declared> {
        self.declared.lock()
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock()
    }

    fn subscribers(&self, declared: &mut Declared, subject: &'static str) -> Arc<Subscribers> {
        let subscribers = declared.subscribers.entry(subject);
        Arc::clone(subscribers.or_insert_with(|| Arc::new(Subscribers::new(self.instance.topology))))
    }

    fn consumer(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> NetworkConsumer<MqttSubscription> {
        let nobody = Arc::new(Subscribers::new(self.instance.topology));
        let dead_letters = DeadLetterStore {
            subject,
            source: Arc::clone(&self.source),
            // What has come may have been larger than what we send.
            largest: LARGEST_READ.into(),
            publisher: MqttPublisher::new(&self.connection, &nobody),
            in_flight: Arc::clone(&self.in_flight),
            retained: RetainedMessages {
                connector: Arc::clone(&self.connector),
                client_id: format!("{}-{subscription}-dead", self.client_id),
                below: names::dead_letters(self.instance.topology, subscription),
                levels: Levels::One,
            },
            open: Mutex::default(),
        };
        let kind = match policy.at_most_once {
            true => self.passing(subject, subscription),
            false => self.lasting(subject, subscription, policy.in_flight()),
        };
        let subscribed = MqttSubscription { kind, dead_letters };
        NetworkConsumer::new(subscribed, subscription, policy, Arc::clone(&self.counters))
    }

    /// A subscription that has a session of its own.
    fn lasting(&self, subject: &str, subscription: &str, in_flight: u32) -> SubscriptionKind {
        let receive_maximum = u16::try_from(in_flight).unwrap_or(u16::MAX).max(PREFETCH);
        let session = Arc::new(Session::new(names::published(subject), receive_maximum));
        let client_id = format!("{}-{subscription}", self.client_id);
        self.register.add(RegisteredSession { client_id: client_id.clone(), subscription: subscription.to_owned() });
        let retained = RetainedMessages {
            connector: Arc::clone(&self.connector),
            client_id: format!("{client_id}-attempts"),
            below: names::attempts(self.instance.topology, &client_id),
            levels: Levels::One,
        };
        let nobody = Arc::new(Subscribers::new(self.instance.topology));
        let attempts = AttemptCounts::new(retained, MqttPublisher::new(&self.connection, &nobody), &self.in_flight);
        let role = ClientRole { client_id, lasting: true, receive_maximum };
        let connection = Connection::new(&self.connector, role, Arc::<Session>::clone(&session));
        let presence = names::presence(self.instance.topology, subscription);
        connection.filters.want(TopicFilter {
            path: names::shared(subscription, &names::topic(subject)),
            qos: QoS::AtLeastOnce,
            id: None,
            beside: Some(names::shared(subscription, &presence)),
        });
        SubscriptionKind::Session { session, connection, attempts: Arc::new(attempts) }
    }

    /// A subscription whose events may be lost.
    fn passing(&self, subject: &str, subscription: &str) -> SubscriptionKind {
        let queue = Arc::new(InboundQueue::new());
        let id = Some(self.shared.add(Recipient::Events(Arc::clone(&queue))));
        let path = names::shared(&names::passing(subscription), &names::topic(subject));
        self.connection.filters.want(TopicFilter { path: path.clone(), qos: QoS::AtMostOnce, id, beside: None });
        SubscriptionKind::Shared { queue, filter: path }
    }

    fn connections(&self) -> Vec<Arc<Connection>> {
        let declared = self.declared();
        let sessions = declared.consumers.values().filter_map(|consumer| match &consumer.subscription().kind {
            SubscriptionKind::Session { connection, .. } => Some(Arc::clone(connection)),
            SubscriptionKind::Shared { .. } => None,
        });
        std::iter::once(Arc::clone(&self.connection)).chain(sessions).collect()
    }

    async fn begin(&self) -> Result<(), BridgeError> {
        let begun = self.connections().into_iter().map(|connection| {
            let (first, there) = oneshot::channel();
            self.tasks().spawn_on(connection.keep(first), &io_thread::handle());
            async { there.await.map_err(|_| BridgeError::Closed)?.map_err(BridgeError::from) }
        });
        let begun: Vec<_> = begun.collect();
        if self.declared().subscriptions.is_some() {
            self.tasks().spawn_on(Arc::clone(&self.register).keep(), &io_thread::handle());
        }
        tokio::select! {
            begun = try_join_all(begun) => begun.map(drop),
            () = self.connection.state.closed() => Err(BridgeError::Closed),
        }
    }

    async fn end(&self) {
        let until = Instant::now() + END;
        self.in_flight.close(FLUSH).await;
        let connections = self.connections();
        {
            let declared = self.declared();
            for consumer in declared.consumers.values() {
                match &consumer.subscription().kind {
                    SubscriptionKind::Session { session, .. } => session.queue.shut(),
                    SubscriptionKind::Shared { queue, .. } => queue.close(),
                }
            }
            declared.endpoints.values().for_each(|endpoint| endpoint.requests.queue.close());
        }
        connections.iter().for_each(|connection| connection.close());
        self.requests.replies().pending.fail(|| BridgeError::Closed);
        let mut tasks = mem::take(&mut *self.tasks());
        let ended = async { while tasks.join_next().await.is_some() {} };
        if timeout_at(until, ended).await.is_err() {
            let broker = &self.connector.address;
            tracing::warn!(target: "pontoon", broker = %OneLine(&broker), "the broker hangs: what was acknowledged last may come again");
        }
    }

    /// Ends a subscription of the connection that all share. What the broker has sent before is there then.
    async fn unsubscribe(&self, filter: &str) {
        self.connection.filters.forget(filter);
        let Some(live) = self.connection.current() else { return };
        let (done, ended) = oneshot::channel();
        let unsubscribed = async {
            if live.send(ConnectionCommand::Unsubscribe(filter.to_owned(), done)).await.is_ok() {
                // Where the connection is lost, nothing more comes, either.
                let _ = ended.await;
            }
        };
        let _ = timeout(UNSUBSCRIBE, unsubscribed).await;
    }
}

impl EventAdapter for MqttEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        let mut declared = self.declared();
        let subscribers = self.subscribers(&mut declared, subject);
        let topic = declared.topics.entry(subject).or_insert_with(|| {
            Arc::new(MqttTopic {
                subject,
                topic: names::published(subject),
                source: Arc::clone(&self.source),
                largest: self.largest,
                numbering: Numbering::default(),
                publisher: MqttPublisher::new(&self.connection, &subscribers),
                in_flight: Arc::clone(&self.in_flight),
            })
        });
        Arc::<MqttTopic>::clone(topic)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        let mut declared = self.declared();
        if !policy.at_most_once {
            self.subscribers(&mut declared, subject).add(subscription);
        }
        let consumer = declared.consumers.entry(subscription);
        let consumer = consumer.or_insert_with(|| Arc::new(self.consumer(subject, subscription, policy)));
        Arc::<NetworkConsumer<MqttSubscription>>::clone(consumer)
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, _: SubscriptionPolicy) {
        let mut declared = self.declared();
        self.subscribers(&mut declared, subject).add(subscription);
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.declared().subscriptions = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let mut declared = self.declared();
        let endpoint = declared.endpoints.entry(subject).or_insert_with(|| {
            let (callers, largest) = (names::callers(self.instance.topology), self.largest);
            let (queue, counters) = (InboundQueue::new(), Arc::clone(&self.counters));
            let requests = Arc::new(ReceivedRequests { subject, largest, callers, queue, counters });
            let id = Some(self.shared.add(Recipient::Requests(Arc::clone(&requests))));
            let filter = names::shared(subject, &names::topic(subject));
            self.connection.filters.want(TopicFilter { path: filter.clone(), qos: QoS::AtMostOnce, id, beside: None });
            let (connection, in_flight) = (Arc::clone(&self.connection), Arc::clone(&self.in_flight));
            Arc::new(MqttEndpoint { requests, connection, in_flight, filter })
        });
        Arc::<MqttEndpoint>::clone(endpoint)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(self.requests.ask(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(async {
            let begun = self.begin().await;
            if begun.is_err() {
                self.end().await;
            }
            begun
        })
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        let subscriptions = {
            let declared = self.declared();
            // Who neither publishes nor hears events has no session that stays.
            declared.subscriptions.clone().filter(|_| !(declared.topics.is_empty() && declared.consumers.is_empty()))
        };
        match subscriptions {
            Some(known) => MaybeReady::boxed(async move { self.register.orphans(&known).await }),
            None => MaybeReady::ready(Ok(Vec::new())),
        }
    }

    fn remove_orphan(&self, orphan: Orphan) -> MaybeReady<'_, Result<bool, BridgeError>> {
        MaybeReady::boxed(async move { self.register.remove(&orphan).await })
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(async {
            let (consumers, endpoints): (Vec<_>, Vec<_>) = {
                let declared = self.declared();
                (declared.consumers.values().cloned().collect(), declared.endpoints.values().cloned().collect())
            };
            let consumers = join_all(consumers.iter().map(async |consumer| match &consumer.subscription().kind {
                // Its subscription stays, and what the broker has for it: the next one of this name goes on with it.
                SubscriptionKind::Session { session, .. } => session.queue.shut(),
                SubscriptionKind::Shared { queue, filter } => {
                    self.unsubscribe(filter).await;
                    queue.close();
                }
            }));
            let endpoints = join_all(endpoints.iter().map(async |endpoint| {
                self.unsubscribe(&endpoint.filter).await;
                endpoint.requests.queue.close();
            }));
            tokio::join!(consumers, endpoints);
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.end())
    }

    fn health(&self) -> Health {
        let health = self.connections().iter().fold(Health::Ready, |health, one| health.and(one.health()));
        if !health.is_ready() {
            return health;
        }
        let declared = self.declared();
        let health =
            declared.topics.values().fold(self.requests.health(), |health, topic| health.and(topic.publisher.health()));
        declared.consumers.values().fold(health, |health, consumer| health.and(consumer.subscription().health()))
    }

    fn counters(&self) -> Counters {
        self.counters.counters(&self.requests.replies().pending)
    }
}
