//! The adapter: two connections, and what goes over them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use lapin::types::ShortString;
use pontoon_schema::capability::{self, Adapter};
use tokio::task::JoinSet;

use super::confirm::Route;
use super::dial::Dialer;
use super::endpoint::Served;
use super::graves::Graves;
use super::known::Known;
use super::later::{Later, Level};
use super::limit::Limit;
use super::line::Line;
use super::listening::Listening;
use super::names::Names;
use super::objects::{Binding, Exchange, Object, Objects, Queue, name};
use super::orphans::Register;
use super::outlet::Outlet;
use super::provision::Provision;
use super::replies::Replies;
use super::requests::Requests;
use super::subscription::Subscription;
use super::tap::{Rest, Share, Tap};
use super::topic::Event;
use crate::bridge::remote::{Flights, NetworkConsumer, Numbering, Retry, Tally};
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::delivery::SubscriptionPolicy;
use crate::health::{Counters, Health};
use crate::io_thread;
use crate::maybe_ready::MaybeReady;
use crate::orphans::Orphan;
use crate::subscribed::Subscribed;

/// How long a bridge that closes waits for the broker's word on what was published.
const FLUSH: Duration = Duration::from_millis(400);

/// How it deals with the broker.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rules {
    /// Whether what the broker has to have is only checked, not made.
    pub(super) verify: bool,
    /// How long the broker lets a message be held, where somebody says so.
    pub(super) consumer_timeout: Option<Duration>,
}

/// RabbitMQ as an event bridge.
pub(super) struct AmqpEvents {
    /// Publishes, asks and answers.
    sends: Arc<Line>,
    /// Consumes, and has the objects made.
    takes: Arc<Line>,
    objects: Arc<Objects>,
    names: Arc<Names>,
    source: Arc<str>,
    limit: Arc<Limit>,
    /// How long the broker lets a message be held.
    hold: Duration,
    register: Register,
    requests: Arc<Requests>,
    replies: Arc<Replies>,
    flights: Arc<Flights>,
    tally: Arc<Tally>,
    made: Mutex<Made>,
    tasks: Mutex<JoinSet<()>>,
}

/// What was asked for.
#[derive(Default)]
struct Made {
    /// The subscriptions of the topology, where somebody has said which there are.
    subscriptions: Option<Arc<[Subscribed]>>,
    known: HashMap<&'static str, Arc<Known>>,
    exchanges: HashMap<&'static str, Arc<Event>>,
    consumers: HashMap<&'static str, Arc<NetworkConsumer<Subscription>>>,
    endpoints: HashMap<&'static str, Arc<Served>>,
}

impl AmqpEvents {
    pub(super) fn new(dialer: Dialer, names: Arc<Names>, policy: Rules) -> Self {
        let source: Arc<str> = dialer.instance.source().into();
        let topology = dialer.instance.topology;
        let Rules { verify, consumer_timeout } = policy;
        let bridge = capability::event_bridge(Adapter::Amqp);
        let largest = bridge.map_or(u64::MAX, |bridge| bridge.largest_payload);
        let hold = consumer_timeout.or(bridge.and_then(|bridge| bridge.longest_hold)).unwrap_or(Duration::MAX);
        let limit = Arc::new(Limit::new(largest));
        let objects = Arc::new(Objects::new(Provision { verify }));
        let dialer = Arc::new(dialer);
        let sends = Line::sends(Arc::clone(&dialer), Arc::clone(&limit));
        let takes = Line::takes(dialer, Arc::clone(&objects));
        let listening = Listening::new(&takes, &objects, Arc::clone(&names));
        let replies = Arc::new(Replies::new(&sends, &listening, &limit));
        let requests = Requests::new(&sends, listening, Arc::clone(&source), Arc::clone(&limit));
        let register = Register::new(&takes, &objects, &names, topology);
        Self {
            sends,
            takes,
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

    fn made(&self) -> MutexGuard<'_, Made> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs a task until the adapter is closed, on the thread of connections.
    fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        self.tasks().spawn_on(task, &io_thread::handle());
    }

    fn tasks(&self) -> MutexGuard<'_, JoinSet<()>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The names at the broker; one that cannot be is reported when the bridge connects.
    fn named(&self, text: &str) -> ShortString {
        name(text).unwrap_or_else(|trouble| {
            self.objects.refuse(trouble);
            "".into()
        })
    }

    /// What a subscription needs at the broker: its event's exchange, its queue, and what ties them.
    fn needs(&self, subject: &str, subscription: &str, policy: SubscriptionPolicy) -> (Queue, Vec<Object>) {
        let exchange = self.named(subject);
        let queue = Queue::of_subscription(self.named(&format!("{subject}.{subscription}")), policy);
        let binding = Object::Binding(Binding::of_event(exchange.clone(), queue.name.clone()));
        let mut needs = vec![Object::Exchange(Exchange::of_event(exchange)), Object::Queue(queue.clone()), binding];
        if policy.dead_letter {
            let exchange = self.names.dead.clone();
            let dead = Queue::of_dead_letters(self.named(&format!("{}.dead", queue.name)));
            needs.push(Object::Exchange(Exchange::of_queues(exchange.clone())));
            let binding = Binding::by_name(exchange, &dead);
            needs.extend([Object::Queue(dead), Object::Binding(binding)]);
        }
        for level in Level::all(policy) {
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
        known: Arc<Known>,
    ) -> Arc<NetworkConsumer<Subscription>> {
        let (queue, needs) = self.needs(subject, subscription, policy);
        self.objects.want(needs.iter().cloned());
        let dead = self.named(&format!("{}.dead", queue.name));
        let outlet =
            self.outlet(Route { exchange: self.names.dead.clone(), key: dead.clone() }, Arc::new(Known::somebody()));
        let graves = Graves {
            subject,
            queue: dead,
            source: Arc::clone(&self.source),
            outlet,
            line: Arc::clone(&self.takes),
            flights: Arc::clone(&self.flights),
        };
        let later = self.later(subject, &queue.name, policy);
        let tap = Tap::new(
            (&self.takes, &self.objects),
            (queue.name, needs),
            known,
            (Rest::Left, Share::of_subscription(policy)),
        );
        let (counts, ordered) = (!policy.at_most_once, policy.ordered);
        let subscription_at = Subscription { tap, graves, later, counts, ordered };
        Arc::new(NetworkConsumer::new(subscription_at, subscription, policy, Arc::clone(&self.tally)))
    }

    /// Where messages of a subscription wait for their next attempt.
    fn later(&self, subject: &'static str, queue: &ShortString, policy: SubscriptionPolicy) -> Later {
        let levels = Level::all(policy).into_iter().filter_map(|level| {
            let key = level.key(queue).inspect_err(|trouble| self.objects.refuse(trouble.clone())).ok()?;
            let route = Route { exchange: self.names.later.clone(), key };
            Some((level, self.outlet(route, Arc::new(Known::somebody()))))
        });
        let (source, flights) = (Arc::clone(&self.source), Arc::clone(&self.flights));
        Later { subject, source, levels: levels.collect(), limit: self.hold, flights }
    }

    fn outlet(&self, route: Route, known: Arc<Known>) -> Arc<Outlet> {
        Outlet::new((&self.sends, &self.takes), &self.objects, &self.limit, (route, known))
    }

    fn taps(&self) -> Vec<Arc<Tap>> {
        let made = self.made();
        let consumers = made.consumers.values().map(|consumer| &consumer.source().tap);
        consumers.chain(made.endpoints.values().map(|endpoint| &endpoint.tap)).cloned().collect()
    }

    /// Connects, has the objects made, and then consumes. What need not wait for each other does not.
    async fn begin(&self) -> Result<(), BridgeError> {
        let begun = async {
            let (takes, sends) = tokio::try_join!(self.takes.begin(), self.sends.begin())?;
            for (line, lively) in [(&self.takes, takes), (&self.sends, sends)] {
                self.spawn(Arc::clone(line).keep(lively));
            }
            self.spawn(Arc::clone(&self.requests.listening).keep());
            let taps = self.taps();
            try_join_all(taps.iter().map(|tap| open(tap, &self.takes))).await?;
            for tap in taps {
                self.spawn(tap.keep());
            }
            Ok(())
        };
        tokio::select! {
            biased;
            () = self.takes.link.closed() => Err(BridgeError::Closed),
            begun = begun => begun,
        }
    }

    async fn end(&self) {
        tokio::join!(self.flights.close(FLUSH), self.replies.flush(FLUSH));
        for tap in self.taps() {
            tap.shut();
        }
        self.tasks().abort_all();
        self.requests.listening.close();
        // Acknowledgements that were given go before.
        tokio::join!(self.takes.close(), self.sends.close());
    }
}

/// Opens a tap for the first time. What passes is waited for.
async fn open(tap: &Tap, line: &Line) -> Result<(), BridgeError> {
    let mut retry = Retry::new("consuming");
    loop {
        line.ready(Duration::MAX).await?;
        match tap.open().await {
            Ok(()) => return Ok(()),
            Err(trouble) if trouble.lasts() => return Err(trouble.into()),
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
            self.objects.want([Object::Exchange(Exchange::of_event(exchange.clone()))]);
            Arc::new(Event {
                subject,
                source: Arc::clone(&self.source),
                numbering: Numbering::default(),
                outlet: self.outlet(Route { exchange, key: "".into() }, known),
                flights: Arc::clone(&self.flights),
            })
        });
        Arc::<Event>::clone(topic)
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
        Arc::<NetworkConsumer<Subscription>>::clone(consumer)
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        let (_, needs) = self.needs(subject, subscription, policy);
        self.objects.want(needs);
        self.made().known.entry(subject).or_default().add(subscription, policy);
    }

    fn know(&self, subscriptions: Arc<[Subscribed]>) {
        self.made().subscriptions = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let mut made = self.made();
        let endpoint = made.endpoints.entry(subject).or_insert_with(|| {
            let queue = Queue::of_command(self.named(subject));
            let Names { commands, replies, .. } = &*self.names;
            let commands = Exchange::of_commands(commands.clone());
            let binding = Binding::by_name(commands.name.clone(), &queue);
            let exchanges = [Object::Exchange(commands), Object::Exchange(Exchange::of_queues(replies.clone()))];
            self.objects.want(exchanges.clone());
            // The queue is made where it is consumed from: one that nobody consumes from would be there for nobody.
            let needs = exchanges.into_iter().chain([Object::Queue(queue.clone()), Object::Binding(binding)]).collect();
            let tap = Tap::new(
                (&self.takes, &self.objects),
                (queue.name, needs),
                Arc::default(),
                (Rest::Taken, Share::of_command()),
            );
            let (replies, tally) = (Arc::clone(&self.replies), Arc::clone(&self.tally));
            let (served, receive) = Served::new(subject, tap, replies, tally);
            self.spawn(receive);
            Arc::new(served)
        });
        Arc::<Served>::clone(endpoint)
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
            let endpoints = join_all(endpoints.iter().map(|endpoint| endpoint.tap.close()));
            tokio::join!(consumers, endpoints);
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.end())
    }

    fn health(&self) -> Health {
        let mut health = self.takes.link.health().and(self.sends.link.health());
        if health.is_ready() {
            health = health.and(self.requests.health()).and(self.replies.health());
            health = self.taps().iter().fold(health, |health, tap| health.and(tap.health()));
            let made = self.made();
            health = made.exchanges.values().fold(health, |health, topic| health.and(topic.health()));
            health = made
                .consumers
                .values()
                .fold(health, |health, consumer| health.and(consumer.source().graves.outlet.health()));
        }
        health
    }

    fn counters(&self) -> Counters {
        self.tally.counters(&self.requests.listening.pending)
    }
}
