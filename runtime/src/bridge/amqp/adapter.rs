//! The adapter: two connections, and what goes over them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use lapin::types::ShortString;
use pontoon_schema::capability::{self, Adapter};
use tokio::task::JoinSet;

use super::confirm::Destination;
use super::connect::Connector;
use super::connection::Connection;
use super::dead_letters::DeadLetterStore;
use super::declaration::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::declarations::Declarations;
use super::delays::{DelayLevel, DelayQueue, Delays};
use super::endpoint::AmqpEndpoint;
use super::job_queue::AmqpQueue;
use super::names::Names;
use super::orphans::QueueRegister;
use super::payload_limit::PayloadLimit;
use super::provision::Provisioner;
use super::publisher::{AmqpPublisher, PublisherContext};
use super::queue_consumer::{Begins, ConsumerBegin, OnClose, QueueConsumer, QueueConsumerConfig};
use super::replies::ReplyPublisher;
use super::reply_consumer::ReplyConsumer;
use super::requests::Requests;
use super::subscribers::Subscribers;
use super::subscription::AmqpSubscription;
use super::subscription_declarations::{SubscriptionAt, SubscriptionDeclarations};
use super::topic::AmqpTopic;
use crate::bridge::network::{AtomicCounters, InFlight, NetworkConsumer, NetworkQueue, Numbering, Reconnect};
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, JobQueue, QueueAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::worker_policy::WorkerPolicy;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::net::io_thread;
use crate::sync::{Mutex, MutexGuard};

/// How long a bridge that closes waits for publisher confirms.
const FLUSH: Duration = Duration::from_millis(400);

/// The settings for provisioning the broker, and for how long its consumers may hold a message.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokerRules {
    /// Whether exchanges and queues are only verified, not declared.
    pub(super) verify: bool,
    /// How long the broker lets a message be held, where somebody says so.
    pub(super) consumer_timeout: Option<Duration>,
}

/// The bridge over RabbitMQ for events or jobs, with one connection to publish on and one to consume on.
pub(super) struct AmqpAdapter {
    /// Publishes events, requests and replies.
    publishing: Arc<Connection>,
    /// Consumes, and declares exchanges and queues.
    consuming: Arc<Connection>,
    declarations: Arc<Declarations>,
    names: Arc<Names>,
    source: Arc<str>,
    publishers: PublisherContext,
    /// How long the broker lets a message be held.
    hold: Duration,
    register: QueueRegister,
    requests: Arc<Requests>,
    replies: Arc<ReplyPublisher>,
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
    topics: HashMap<&'static str, Arc<AmqpTopic>>,
    consumers: HashMap<&'static str, Arc<NetworkConsumer<AmqpSubscription>>>,
    endpoints: HashMap<&'static str, Arc<AmqpEndpoint>>,
    queues: HashMap<&'static str, Arc<JobsAtBroker>>,
}

/// A queue, with its workers and those who put jobs in.
type JobsAtBroker = NetworkQueue<AmqpSubscription, AmqpQueue>;

impl AmqpAdapter {
    pub(super) fn new(connector: Connector, names: Arc<Names>, rules: BrokerRules) -> Self {
        let source: Arc<str> = connector.instance.source().into();
        let topology = connector.instance.topology;
        let BrokerRules { verify, consumer_timeout } = rules;
        let bridge = capability::event_bridge(Adapter::Amqp);
        let largest = bridge.map_or(u64::MAX, |bridge| bridge.largest_payload);
        let hold = consumer_timeout.or(bridge.and_then(|bridge| bridge.longest_hold)).unwrap_or(Duration::MAX);
        let limit = Arc::new(PayloadLimit::new(largest));
        let declarations = Arc::new(Declarations::new(Provisioner { verify }));
        let connector = Arc::new(connector);
        let publishing = Connection::publishing(Arc::clone(&connector), Arc::clone(&limit));
        let consuming = Connection::consuming(connector, Arc::clone(&declarations));
        let reply_consumer = ReplyConsumer::new(&consuming, &declarations, Arc::clone(&names));
        let replies = Arc::new(ReplyPublisher::new(&publishing, &reply_consumer, &limit));
        let requests = Requests::new(&publishing, reply_consumer, Arc::clone(&source), Arc::clone(&limit));
        let register = QueueRegister::new(&consuming, &declarations, &names, topology);
        let publishers = PublisherContext {
            publishing: Arc::clone(&publishing),
            declaring: Arc::clone(&consuming),
            declarations: Arc::clone(&declarations),
            limit,
        };
        Self {
            publishing,
            consuming,
            register,
            declarations,
            names,
            source,
            publishers,
            hold,
            requests,
            replies,
            in_flight: Arc::default(),
            counters: Arc::default(),
            declared: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    fn declared(&self) -> MutexGuard<'_, Declared> {
        self.declared.lock()
    }

    /// Runs a task until the adapter is closed, on the thread of connections.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn_on(task, &io_thread::handle());
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock()
    }

    fn declarations_of(&self, at: SubscriptionAt<'_>) -> SubscriptionDeclarations {
        SubscriptionDeclarations::new(&self.declarations, &self.names, at)
    }

    /// The consumer of a queue that is declared so, of a subscription or of jobs.
    fn consumer(
        &self,
        declarations: SubscriptionDeclarations,
        SubscriptionAt { subject, subscription, policy }: SubscriptionAt<'static>,
        subscribers: Arc<Subscribers>,
        begin: ConsumerBegin,
    ) -> NetworkConsumer<AmqpSubscription> {
        let SubscriptionDeclarations { queue, all } = declarations;
        self.declarations.declare(all.iter().cloned());
        let dead = self.declarations.name(&format!("{queue}.dead"));
        let publisher = self.queue_publisher(&self.names.dead_letters, dead.clone());
        let dead_letters = DeadLetterStore {
            subject,
            queue: dead,
            source: Arc::clone(&self.source),
            publisher,
            connection: Arc::clone(&self.consuming),
            in_flight: Arc::clone(&self.in_flight),
        };
        let delays = self.delays(subject, &queue, policy);
        let config = QueueConsumerConfig { queue, declarations: all, subscribers, on_close: OnClose::Leave, begin };
        let consumer = QueueConsumer::new(&self.consuming, &self.declarations, config);
        let (counts, ordered) = (!policy.at_most_once, policy.ordered);
        let source = AmqpSubscription { consumer, dead_letters, delays, counts, ordered };
        NetworkConsumer::new(source, subscription, policy, Arc::clone(&self.counters))
    }

    /// The queue of a subject, the same one each time.
    fn job_queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<JobsAtBroker> {
        let mut declared = self.declared();
        Arc::clone(declared.queues.entry(subject).or_insert_with(|| Arc::new(self.declare(subject, policy))))
    }

    fn declare(&self, subject: &'static str, policy: QueuePolicy) -> JobsAtBroker {
        let jobs = SubscriptionPolicy::from(policy);
        let subscribers = Arc::<Subscribers>::default();
        subscribers.add(subject, jobs);
        let declarations = SubscriptionDeclarations::of_jobs(&self.declarations, &self.names, subject, jobs);
        let queue = declarations.queue.clone();
        let destination = Destination { exchange: self.names.jobs.clone(), key: queue.clone() };
        let at = SubscriptionAt { subject, subscription: subject, policy: jobs };
        let consumer = self.consumer(declarations, at, Arc::clone(&subscribers), ConsumerBegin::of_jobs());
        let queue = AmqpQueue {
            subject,
            queue,
            source: Arc::clone(&self.source),
            publisher: AmqpPublisher::new(&self.publishers, destination, subscribers),
            declaring: Arc::clone(&self.consuming),
            in_flight: Arc::clone(&self.in_flight),
        };
        NetworkQueue { consumer, queue, when_full: policy.when_full }
    }

    /// The queues in which messages of a subscription wait for their next attempt.
    fn delays(&self, subject: &'static str, queue: &ShortString, policy: SubscriptionPolicy) -> Delays {
        let levels = DelayQueue::all(policy).into_iter().filter_map(|delay| {
            let key = delay.key(queue).inspect_err(|error| self.declarations.refuse(error.clone())).ok()?;
            Some(DelayLevel { queue: delay, publisher: self.queue_publisher(&self.names.delayed, key) })
        });
        let (source, in_flight) = (Arc::clone(&self.source), Arc::clone(&self.in_flight));
        Delays { subject, source, levels: levels.collect(), limit: self.hold, in_flight }
    }

    /// A publisher to a queue that is there, whoever consumes it.
    fn queue_publisher(&self, exchange: &ShortString, key: ShortString) -> Arc<AmqpPublisher> {
        let destination = Destination { exchange: exchange.clone(), key };
        AmqpPublisher::new(&self.publishers, destination, Arc::new(Subscribers::somebody()))
    }

    fn consumers(&self) -> Vec<Arc<QueueConsumer>> {
        let declared = self.declared();
        let consumers = declared.consumers.values().map(|consumer| consumer.subscription());
        let workers = declared.queues.values().map(|queue| queue.consumer.subscription());
        let consumers = consumers.chain(workers).map(|subscription| &subscription.consumer);
        consumers.chain(declared.endpoints.values().map(|endpoint| &endpoint.consumer)).cloned().collect()
    }

    /// Connects, provisions exchanges and queues, and then consumes. What need not wait for each other does not.
    async fn begin(&self) -> Result<(), BridgeError> {
        let begun = async {
            let (consuming, publishing) = tokio::try_join!(self.consuming.begin(), self.publishing.begin())?;
            self.spawn(Arc::clone(&self.consuming).keep(consuming));
            self.spawn(Arc::clone(&self.publishing).keep(publishing));
            self.spawn(Arc::clone(&self.requests.replies).keep());
            let consumers = self.consumers();
            let at_once = consumers.iter().filter(|consumer| consumer.begins() == Begins::AtOnce);
            try_join_all(at_once.map(|consumer| open(consumer, &self.consuming))).await?;
            for consumer in consumers {
                self.spawn(consumer.keep());
            }
            Ok(())
        };
        tokio::select! {
            biased;
            () = self.consuming.state.closed() => Err(BridgeError::Closed),
            begun = begun => begun,
        }
    }

    /// Connects; where that fails, nothing is left of it.
    async fn connect(&self) -> Result<(), BridgeError> {
        let begun = self.begin().await;
        if begun.is_err() {
            self.end().await;
        }
        begun
    }

    async fn drain(&self) {
        let (consumers, queues, endpoints) = {
            let declared = self.declared();
            let consumers: Vec<_> = declared.consumers.values().cloned().collect();
            let queues: Vec<_> = declared.queues.values().cloned().collect();
            (consumers, queues, declared.endpoints.values().cloned().collect::<Vec<_>>())
        };
        let consumers = join_all(consumers.iter().map(|consumer| consumer.subscription().drain()));
        let workers = join_all(queues.iter().map(|queue| queue.consumer.subscription().drain()));
        let endpoints = join_all(endpoints.iter().map(|endpoint| endpoint.consumer.close()));
        tokio::join!(consumers, workers, endpoints);
    }

    async fn end(&self) {
        tokio::join!(self.in_flight.close(FLUSH), self.replies.flush(FLUSH));
        for consumer in self.consumers() {
            consumer.shut();
        }
        self.tasks().abort_all();
        self.requests.replies.close();
        // Acknowledgements that were given go before.
        tokio::join!(self.consuming.close(), self.publishing.close());
    }

    fn health(&self) -> Health {
        let mut health = self.consuming.state.health().and(self.publishing.state.health());
        if health.is_ready() {
            health = health.and(self.requests.health()).and(self.replies.health());
            health = self.consumers().iter().fold(health, |health, consumer| health.and(consumer.health()));
            let declared = self.declared();
            health = declared.topics.values().fold(health, |health, topic| health.and(topic.health()));
            let publishers = declared.queues.values().map(|queue| &queue.queue.publisher);
            let subscriptions = declared.consumers.values().map(|consumer| consumer.subscription());
            let workers = declared.queues.values().map(|queue| queue.consumer.subscription());
            let dead_letters = subscriptions.chain(workers).map(|subscription| &subscription.dead_letters.publisher);
            health = publishers.chain(dead_letters).fold(health, |health, publisher| health.and(publisher.health()));
        }
        health
    }

    fn counters(&self) -> Counters {
        self.counters.counters(&self.requests.replies.pending)
    }
}

/// Consumes from a queue for the first time. What passes is waited for.
async fn open(consumer: &QueueConsumer, connection: &Connection) -> Result<(), BridgeError> {
    let mut retry = Reconnect::new("consuming");
    loop {
        connection.ready(Duration::MAX).await?;
        match consumer.open().await {
            Ok(()) => return Ok(()),
            Err(error) if error.is_permanent() => return Err(error.into()),
            Err(error) => retry.pause(&error).await,
        }
    }
}

impl EventAdapter for AmqpAdapter {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        let mut declared = self.declared();
        let subscribers = Arc::clone(declared.subscribers.entry(subject).or_default());
        let topic = declared.topics.entry(subject).or_insert_with(|| {
            let exchange = self.declarations.name(subject);
            self.declarations.declare([Declaration::Exchange(ExchangeDeclaration::of_event(exchange.clone()))]);
            let destination = Destination { exchange, key: "".into() };
            Arc::new(AmqpTopic {
                subject,
                source: Arc::clone(&self.source),
                numbering: Numbering::default(),
                publisher: AmqpPublisher::new(&self.publishers, destination, subscribers),
                in_flight: Arc::clone(&self.in_flight),
            })
        });
        Arc::<AmqpTopic>::clone(topic)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        let mut declared = self.declared();
        let subscribers = Arc::clone(declared.subscribers.entry(subject).or_default());
        let consumer = declared.consumers.entry(subscription).or_insert_with(|| {
            subscribers.add(subscription, policy);
            let at = SubscriptionAt { subject, subscription, policy };
            Arc::new(self.consumer(self.declarations_of(at), at, subscribers, ConsumerBegin::of_subscription(policy)))
        });
        Arc::<NetworkConsumer<AmqpSubscription>>::clone(consumer)
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        let SubscriptionDeclarations { all, .. } =
            self.declarations_of(SubscriptionAt { subject, subscription, policy });
        self.declarations.declare(all);
        self.declared().subscribers.entry(subject).or_default().add(subscription, policy);
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.declared().subscriptions = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let mut declared = self.declared();
        let endpoint = declared.endpoints.entry(subject).or_insert_with(|| {
            let queue = QueueDeclaration::of_command(self.declarations.name(subject));
            let Names { commands, replies, .. } = &*self.names;
            let commands = ExchangeDeclaration::of_commands(commands.clone());
            let binding = BindingDeclaration::by_name(commands.name.clone(), &queue);
            let exchanges = [
                Declaration::Exchange(commands),
                Declaration::Exchange(ExchangeDeclaration::of_queues(replies.clone())),
            ];
            self.declarations.declare(exchanges.clone());
            // The queue is declared where it is consumed from: one that nobody consumes from would be there for nobody.
            let declarations = exchanges
                .into_iter()
                .chain([Declaration::Queue(queue.clone()), Declaration::Binding(binding)])
                .collect();
            let config = QueueConsumerConfig {
                queue: queue.name,
                declarations,
                subscribers: Arc::default(),
                on_close: OnClose::Drain,
                begin: ConsumerBegin::of_command(),
            };
            let consumer = QueueConsumer::new(&self.consuming, &self.declarations, config);
            let (replies, counters) = (Arc::clone(&self.replies), Arc::clone(&self.counters));
            let (endpoint, receive) = AmqpEndpoint::new(subject, consumer, replies, counters);
            self.spawn(receive);
            Arc::new(endpoint)
        });
        Arc::<AmqpEndpoint>::clone(endpoint)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(async move {
            let _in_flight = self.in_flight.begin()?;
            self.requests.ask(request).await
        })
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.connect())
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        let subscriptions = {
            let declared = self.declared();
            // Who neither publishes nor hears events has no queue that stays.
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
        MaybeReady::boxed(self.drain())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.end())
    }

    fn health(&self) -> Health {
        self.health()
    }

    fn counters(&self) -> Counters {
        self.counters()
    }
}

impl QueueAdapter for AmqpAdapter {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        self.job_queue(subject, policy)
    }

    fn worker(&self, subject: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        let queue = self.job_queue(subject, policy);
        queue.consumer.subscription().consumer.add_workers(worker);
        queue
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.connect())
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.drain())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.end())
    }

    fn health(&self) -> Health {
        self.health()
    }

    fn counters(&self) -> Counters {
        self.counters()
    }
}
