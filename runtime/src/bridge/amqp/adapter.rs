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
use super::declarations::{BindingDeclaration, Declaration, Declarations, ExchangeDeclaration, QueueDeclaration, name};
use super::delays::{DelayQueue, Delays};
use super::endpoint::AmqpEndpoint;
use super::names::Names;
use super::orphans::QueueRegister;
use super::payload_limit::PayloadLimit;
use super::provision::Provisioner;
use super::publisher::AmqpPublisher;
use super::queue_consumer::{OnClose, PrefetchShare, QueueConsumer};
use super::replies::ReplyPublisher;
use super::reply_consumer::ReplyConsumer;
use super::requests::Requests;
use super::subscribers::Subscribers;
use super::subscription::AmqpSubscription;
use super::topic::AmqpTopic;
use crate::bridge::network::{AtomicCounters, InFlight, NetworkConsumer, Numbering, Reconnect};
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::net::io_thread;
use crate::sync::{Mutex, MutexGuard};

/// How long a bridge that closes waits for the broker's word on what was published.
const FLUSH: Duration = Duration::from_millis(400);

/// How it deals with the broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct BrokerRules {
    /// Whether what the broker has to have is only checked, not made.
    pub(super) verify: bool,
    /// How long the broker lets a message be held, where somebody says so.
    pub(super) consumer_timeout: Option<Duration>,
}

/// RabbitMQ as an event bridge.
pub(super) struct AmqpEvents {
    /// Publishes, asks and answers.
    publishing: Arc<Connection>,
    /// Consumes, and has the objects made.
    consuming: Arc<Connection>,
    objects: Arc<Declarations>,
    names: Arc<Names>,
    source: Arc<str>,
    limit: Arc<PayloadLimit>,
    /// How long the broker lets a message be held.
    hold: Duration,
    register: QueueRegister,
    requests: Arc<Requests>,
    replies: Arc<ReplyPublisher>,
    flights: Arc<InFlight>,
    tally: Arc<AtomicCounters>,
    made: Mutex<Declared>,
    tasks: Mutex<JoinSet<()>>,
}

/// What was asked for.
#[derive(Default)]
struct Declared {
    /// The subscriptions of the topology, where somebody has said which there are.
    subscriptions: Option<Arc<[KnownSubscription]>>,
    known: HashMap<&'static str, Arc<Subscribers>>,
    exchanges: HashMap<&'static str, Arc<AmqpTopic>>,
    consumers: HashMap<&'static str, Arc<NetworkConsumer<AmqpSubscription>>>,
    endpoints: HashMap<&'static str, Arc<AmqpEndpoint>>,
}

impl AmqpEvents {
    pub(super) fn new(connector: Connector, names: Arc<Names>, policy: BrokerRules) -> Self {
        let source: Arc<str> = connector.instance.source().into();
        let topology = connector.instance.topology;
        let BrokerRules { verify, consumer_timeout } = policy;
        let bridge = capability::event_bridge(Adapter::Amqp);
        let largest = bridge.map_or(u64::MAX, |bridge| bridge.largest_payload);
        let hold = consumer_timeout.or(bridge.and_then(|bridge| bridge.longest_hold)).unwrap_or(Duration::MAX);
        let limit = Arc::new(PayloadLimit::new(largest));
        let objects = Arc::new(Declarations::new(Provisioner { verify }));
        let connector = Arc::new(connector);
        let publishing = Connection::publishing(Arc::clone(&connector), Arc::clone(&limit));
        let consuming = Connection::consuming(connector, Arc::clone(&objects));
        let listening = ReplyConsumer::new(&consuming, &objects, Arc::clone(&names));
        let replies = Arc::new(ReplyPublisher::new(&publishing, &listening, &limit));
        let requests = Requests::new(&publishing, listening, Arc::clone(&source), Arc::clone(&limit));
        let register = QueueRegister::new(&consuming, &objects, &names, topology);
        Self {
            publishing,
            consuming,
            register,
            objects,
            names,
            source,
            limit,
            hold,
            requests,
            replies,
            flights: Arc::default(),
            tally: Arc::default(),
            made: Mutex::default(),
            tasks: Mutex::default(),
        }
    }

    fn made(&self) -> MutexGuard<'_, Declared> {
        self.made.lock()
    }

    /// Runs a task until the adapter is closed, on the thread of connections.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn_on(task, &io_thread::handle());
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock()
    }

    /// The names at the broker; one that cannot be is reported when the bridge connects.
    fn named(&self, text: &str) -> ShortString {
        name(text).unwrap_or_else(|trouble| {
            self.objects.refuse(trouble);
            "".into()
        })
    }

    /// What a subscription needs at the broker: its event's exchange, its queue, and what ties them.
    fn needs(
        &self,
        subject: &str,
        subscription: &str,
        policy: SubscriptionPolicy,
    ) -> (QueueDeclaration, Vec<Declaration>) {
        let exchange = self.named(subject);
        let queue = QueueDeclaration::of_subscription(self.named(&format!("{subject}.{subscription}")), policy);
        let binding =
            Declaration::BindingDeclaration(BindingDeclaration::of_event(exchange.clone(), queue.name.clone()));
        let mut needs = vec![
            Declaration::ExchangeDeclaration(ExchangeDeclaration::of_event(exchange)),
            Declaration::QueueDeclaration(queue.clone()),
            binding,
        ];
        if policy.dead_letter {
            let exchange = self.names.dead.clone();
            let dead = QueueDeclaration::of_dead_letters(self.named(&format!("{}.dead", queue.name)));
            needs.push(Declaration::ExchangeDeclaration(ExchangeDeclaration::of_queues(exchange.clone())));
            let binding = BindingDeclaration::by_name(exchange, &dead);
            needs.extend([Declaration::QueueDeclaration(dead), Declaration::BindingDeclaration(binding)]);
        }
        for level in DelayQueue::all(policy) {
            match level.objects(&self.names, &queue.name) {
                Ok(objects) => {
                    for object in objects {
                        if !needs.contains(&object) {
                            needs.push(object);
                        }
                    }
                }
                Err(trouble) => self.objects.refuse(trouble),
            }
        }
        (queue, needs)
    }

    fn consumer(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
        known: Arc<Subscribers>,
    ) -> Arc<NetworkConsumer<AmqpSubscription>> {
        let (queue, needs) = self.needs(subject, subscription, policy);
        self.objects.want(needs.iter().cloned());
        let dead = self.named(&format!("{}.dead", queue.name));
        let publisher = self.publisher(
            Destination { exchange: self.names.dead.clone(), key: dead.clone() },
            Arc::new(Subscribers::somebody()),
        );
        let dead_letters = DeadLetterStore {
            subject,
            queue: dead,
            source: Arc::clone(&self.source),
            publisher,
            line: Arc::clone(&self.consuming),
            flights: Arc::clone(&self.flights),
        };
        let later = self.later(subject, &queue.name, policy);
        let consumer = QueueConsumer::new(
            (&self.consuming, &self.objects),
            (queue.name, needs),
            known,
            (OnClose::Left, PrefetchShare::of_subscription(policy)),
        );
        let (counts, ordered) = (!policy.at_most_once, policy.ordered);
        let subscription_at = AmqpSubscription { consumer, dead_letters, later, counts, ordered };
        Arc::new(NetworkConsumer::new(subscription_at, subscription, policy, Arc::clone(&self.tally)))
    }

    /// Where messages of a subscription wait for their next attempt.
    fn later(&self, subject: &'static str, queue: &ShortString, policy: SubscriptionPolicy) -> Delays {
        let levels = DelayQueue::all(policy).into_iter().filter_map(|level| {
            let key = level.key(queue).inspect_err(|trouble| self.objects.refuse(trouble.clone())).ok()?;
            let route = Destination { exchange: self.names.later.clone(), key };
            Some((level, self.publisher(route, Arc::new(Subscribers::somebody()))))
        });
        let (source, flights) = (Arc::clone(&self.source), Arc::clone(&self.flights));
        Delays { subject, source, levels: levels.collect(), limit: self.hold, flights }
    }

    fn publisher(&self, route: Destination, known: Arc<Subscribers>) -> Arc<AmqpPublisher> {
        AmqpPublisher::new((&self.publishing, &self.consuming), &self.objects, &self.limit, (route, known))
    }

    fn consumers(&self) -> Vec<Arc<QueueConsumer>> {
        let made = self.made();
        let consumers = made.consumers.values().map(|consumer| &consumer.source().consumer);
        consumers.chain(made.endpoints.values().map(|endpoint| &endpoint.consumer)).cloned().collect()
    }

    /// Connects, has the objects made, and then consumes. What need not wait for each other does not.
    async fn begin(&self) -> Result<(), BridgeError> {
        let begun = async {
            let (consuming, publishing) = tokio::try_join!(self.consuming.begin(), self.publishing.begin())?;
            for (line, lively) in [(&self.consuming, consuming), (&self.publishing, publishing)] {
                self.spawn(Arc::clone(line).keep(lively));
            }
            self.spawn(Arc::clone(&self.requests.listening).keep());
            let consumers = self.consumers();
            try_join_all(consumers.iter().map(|consumer| open(consumer, &self.consuming))).await?;
            for consumer in consumers {
                self.spawn(consumer.keep());
            }
            Ok(())
        };
        tokio::select! {
            biased;
            () = self.consuming.link.closed() => Err(BridgeError::Closed),
            begun = begun => begun,
        }
    }

    async fn end(&self) {
        tokio::join!(self.flights.close(FLUSH), self.replies.flush(FLUSH));
        for consumer in self.consumers() {
            consumer.shut();
        }
        self.tasks().abort_all();
        self.requests.listening.close();
        // Acknowledgements that were given go before.
        tokio::join!(self.consuming.close(), self.publishing.close());
    }
}

/// Opens a tap for the first time. What passes is waited for.
async fn open(consumer: &QueueConsumer, line: &Connection) -> Result<(), BridgeError> {
    let mut retry = Reconnect::new("consuming");
    loop {
        line.ready(Duration::MAX).await?;
        match consumer.open().await {
            Ok(()) => return Ok(()),
            Err(trouble) if trouble.is_permanent() => return Err(trouble.into()),
            Err(trouble) => retry.pause(&trouble).await,
        }
    }
}

impl EventAdapter for AmqpEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        let mut made = self.made();
        let known = Arc::clone(made.known.entry(subject).or_default());
        let topic = made.exchanges.entry(subject).or_insert_with(|| {
            let exchange = self.named(subject);
            self.objects.want([Declaration::ExchangeDeclaration(ExchangeDeclaration::of_event(exchange.clone()))]);
            Arc::new(AmqpTopic {
                subject,
                source: Arc::clone(&self.source),
                numbering: Numbering::default(),
                publisher: self.publisher(Destination { exchange, key: "".into() }, known),
                flights: Arc::clone(&self.flights),
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
        let mut made = self.made();
        let known = Arc::clone(made.known.entry(subject).or_default());
        let consumer = made.consumers.entry(subscription).or_insert_with(|| {
            known.add(subscription, policy);
            self.consumer(subject, subscription, policy, known)
        });
        Arc::<NetworkConsumer<AmqpSubscription>>::clone(consumer)
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        let (_, needs) = self.needs(subject, subscription, policy);
        self.objects.want(needs);
        self.made().known.entry(subject).or_default().add(subscription, policy);
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.made().subscriptions = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let mut made = self.made();
        let endpoint = made.endpoints.entry(subject).or_insert_with(|| {
            let queue = QueueDeclaration::of_command(self.named(subject));
            let Names { commands, replies, .. } = &*self.names;
            let commands = ExchangeDeclaration::of_commands(commands.clone());
            let binding = BindingDeclaration::by_name(commands.name.clone(), &queue);
            let exchanges = [
                Declaration::ExchangeDeclaration(commands),
                Declaration::ExchangeDeclaration(ExchangeDeclaration::of_queues(replies.clone())),
            ];
            self.objects.want(exchanges.clone());
            // The queue is made where it is consumed from: one that nobody consumes from would be there for nobody.
            let needs = exchanges
                .into_iter()
                .chain([Declaration::QueueDeclaration(queue.clone()), Declaration::BindingDeclaration(binding)])
                .collect();
            let consumer = QueueConsumer::new(
                (&self.consuming, &self.objects),
                (queue.name, needs),
                Arc::default(),
                (OnClose::Taken, PrefetchShare::of_command()),
            );
            let (replies, tally) = (Arc::clone(&self.replies), Arc::clone(&self.tally));
            let (served, receive) = AmqpEndpoint::new(subject, consumer, replies, tally);
            self.spawn(receive);
            Arc::new(served)
        });
        Arc::<AmqpEndpoint>::clone(endpoint)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(async move {
            let _flight = self.flights.begin()?;
            self.requests.ask(request).await
        })
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
            let made = self.made();
            // Who neither publishes nor hears events has no queue that stays.
            made.subscriptions.clone().filter(|_| !(made.exchanges.is_empty() && made.consumers.is_empty()))
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
                let made = self.made();
                (made.consumers.values().cloned().collect(), made.endpoints.values().cloned().collect())
            };
            let consumers = join_all(consumers.iter().map(|consumer| consumer.source().drain()));
            let endpoints = join_all(endpoints.iter().map(|endpoint| endpoint.consumer.close()));
            tokio::join!(consumers, endpoints);
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.end())
    }

    fn health(&self) -> Health {
        let mut health = self.consuming.link.health().and(self.publishing.link.health());
        if health.is_ready() {
            health = health.and(self.requests.health()).and(self.replies.health());
            health = self.consumers().iter().fold(health, |health, consumer| health.and(consumer.health()));
            let made = self.made();
            health = made.exchanges.values().fold(health, |health, topic| health.and(topic.health()));
            health = made
                .consumers
                .values()
                .fold(health, |health, consumer| health.and(consumer.source().dead_letters.publisher.health()));
        }
        health
    }

    fn counters(&self) -> Counters {
        self.tally.counters(&self.requests.listening.pending)
    }
}
