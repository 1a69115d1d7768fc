//! A unit whose handlers get batches: two workers and a subscription, all with one handler, which does what a test says
//! of each number.

use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::adapter::in_memory::{EnvSecrets, InMemoryEvents, InMemoryQueues, InMemoryState};
use pontoon::adapter::{
    EventAdapter, Job, Message, Metadata, QueueAdapter, QueuePolicy, SubscriptionPolicy, Variables,
};
use pontoon::generated::{
    Adapters, Batching, Call, Environment, Event, FromResources, HandlerOf, Handles, Kind, Operation, Policy, Ports,
    Queue, Registration, Route, Subscription, Unit, Worker,
};
use pontoon::{Context, Error, Id, Item, Launch, Never, Outcome, Started};
use tokio::sync::watch;

use super::broker::{Broker, BrokerQueues};

/// What becomes of a number.
#[derive(Clone, Copy, Debug)]
pub enum Ends {
    Fail,
    /// There is no outcome of it.
    Forget,
    /// The run ends in an error.
    FailAll,
    Panic,
    /// The run does not end by itself.
    Hang,
    Wait(Duration),
    /// Its outcome is kept, and not returned.
    Keep,
    /// The outcome that was kept is returned in the place of its own.
    ReturnKept,
}

/// One run of a handler.
#[derive(Clone, Debug)]
pub struct LoadedBatch {
    pub inputs: Vec<u64>,
    pub labels: Vec<(Id, Id, u32)>,
    pub id: Id,
    pub correlation: Id,
    pub causation: Option<Id>,
    pub tenant: Option<String>,
    pub attempt: u32,
    pub hops: u32,
    /// Whether it got to its end.
    pub done: bool,
}

/// What handlers are to do, and what they have done.
#[derive(Clone, Default)]
pub struct Journal(Arc<Pages>);

#[derive(Default)]
struct Pages {
    always: Mutex<HashMap<u64, Ends>>,
    once: Mutex<HashMap<u64, Ends>>,
    kept: Mutex<Option<Outcome>>,
    runs: Mutex<HashMap<&'static str, Vec<LoadedBatch>>>,
    changed: watch::Sender<()>,
}

impl Journal {
    /// How a number ends, each time.
    pub fn ends(&self, number: u64, ends: Ends) -> &Self {
        self.0.always.lock().unwrap().insert(number, ends);
        self
    }

    /// How it ends the next time.
    pub fn ends_once(&self, number: u64, ends: Ends) -> &Self {
        self.0.once.lock().unwrap().insert(number, ends);
        self
    }

    /// The runs of a handler, in the order they began.
    pub fn of(&self, handler: &'static str) -> Vec<LoadedBatch> {
        self.0.runs.lock().unwrap().get(handler).cloned().unwrap_or_default()
    }

    /// Waits until a handler has begun so many runs.
    pub async fn begun(&self, handler: &'static str, runs: usize) {
        let mut changed = self.0.changed.subscribe();
        while self.of(handler).len() < runs {
            changed.changed().await.unwrap();
        }
    }

    fn ending(&self, number: u64) -> Option<Ends> {
        let once = self.0.once.lock().unwrap().remove(&number);
        once.or_else(|| self.0.always.lock().unwrap().get(&number).copied())
    }

    async fn run(
        &self,
        handler: &'static str,
        ctx: &impl Context,
        items: Vec<Item<u64>>,
    ) -> Result<Vec<Outcome>, Error> {
        let index = self.begin(handler, ctx, &items);
        let mut outcomes = Vec::new();
        for item in items {
            match self.ending(item.input) {
                None => outcomes.push(item.done()),
                Some(Ends::Fail) => outcomes.push(item.failed(Error::fault("failed as the test says"))),
                Some(Ends::Forget) => {}
                Some(Ends::FailAll) => return Err(Error::fault("all of them, as the test says")),
                Some(Ends::Panic) => panic!("as the test says"),
                Some(Ends::Hang) => std::future::pending().await,
                Some(Ends::Wait(time)) => {
                    tokio::time::sleep(time).await;
                    outcomes.push(item.done());
                }
                Some(Ends::Keep) => *self.0.kept.lock().unwrap() = Some(item.done()),
                Some(Ends::ReturnKept) => outcomes.extend(self.0.kept.lock().unwrap().take()),
            }
        }
        self.0.runs.lock().unwrap().get_mut(handler).unwrap()[index].done = true;
        Ok(outcomes)
    }

    fn begin(&self, handler: &'static str, ctx: &impl Context, items: &[Item<u64>]) -> usize {
        let batch = LoadedBatch {
            inputs: items.iter().map(|item| item.input).collect(),
            labels: items.iter().map(|item| (item.id(), item.correlation(), item.attempt())).collect(),
            id: ctx.id(),
            correlation: ctx.correlation(),
            causation: ctx.causation(),
            tenant: ctx.tenant().map(str::to_owned),
            attempt: ctx.attempt(),
            hops: ctx.hops(),
            done: false,
        };
        let mut runs = self.0.runs.lock().unwrap();
        let runs = runs.entry(handler).or_default();
        runs.push(batch);
        self.0.changed.send_replace(());
        runs.len() - 1
    }
}

/// Loads what is in the queue, up to four at a time.
#[derive(Clone, Copy, Debug)]
pub struct Load;

/// The same, with a lot of patience.
#[derive(Clone, Copy, Debug)]
pub struct Slow;

/// Looks at what arrives, once.
#[derive(Clone, Copy, Debug)]
pub struct Glance;

macro_rules! batched {
    ($name:ident, $handler:ident, $kind:ident, $address:literal, $policy:expr) => {
        impl Operation for $name {
            type Input = u64;
            type Output = ();
            type Rejection = Never;
            const KIND: Kind = Kind::$kind;
            const ADDRESS: &'static str = $address;
            const POLICY: Policy = $policy;
        }

        pub struct $handler(Journal);

        impl<C: Context> Handles<$name, C> for $handler {
            fn run_batch(
                &self,
                context: &C,
                items: Vec<Item<u64>>,
            ) -> impl Future<Output = Result<Vec<Outcome>, Error>> + Send {
                self.0.run($address, context, items)
            }
        }

        impl<U> HandlerOf<$name, U, Journal> for $handler where Self: for<'c> Handles<$name, Call<'c, U>> {}

        impl FromResources<Journal> for $handler {
            fn from_resources(journal: &Journal) -> Self {
                Self(journal.clone())
            }
        }
    };
}

batched!(Load, LoadHandler, Worker, "load", Policy::new().timeout(Duration::from_secs(10)));
batched!(Slow, SlowHandler, Worker, "slow", Policy::new());
batched!(Glance, GlanceHandler, Subscription, "glance", Policy::new());

macro_rules! queue {
    ($name:ident, $queue:ident, $subject:literal, $batching:expr) => {
        #[derive(Clone, Copy, Debug)]
        pub struct $queue;

        impl Queue for $queue {
            type Payload = u64;
            const SUBJECT: &'static str = $subject;
            const POLICY: QueuePolicy = QueuePolicy::new()
                .lease(Duration::from_secs(30))
                .attempts(3)
                .backoff(Duration::from_secs(1), Duration::from_secs(1))
                .dead_letter();
        }

        impl Worker for $name {
            type Queue = $queue;
            const BATCHING: Option<Batching> = Some($batching);
        }
    };
}

queue!(Load, LoadQueue, "shop.queue.load", Batching::new(4, Duration::from_millis(50)));
queue!(Slow, SlowQueue, "shop.queue.slow", Batching::new(100, Duration::from_secs(60)));

/// Something has arrived.
#[derive(Clone, Copy, Debug)]
pub struct Arrived;

impl Event for Arrived {
    type Payload = u64;
    const SUBJECT: &'static str = "shop.event.arrived.v1";
}

impl Subscription for Glance {
    type Event = Arrived;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once().batch(4, Duration::from_millis(50));
}

/// A queue, by its subject and its policy.
pub type At = (&'static str, QueuePolicy);

pub fn load() -> At {
    (LoadQueue::SUBJECT, LoadQueue::POLICY)
}

pub fn slow() -> At {
    (SlowQueue::SUBJECT, SlowQueue::POLICY)
}

pub fn glance() -> &'static str {
    Arrived::SUBJECT
}

pub struct Monolith {
    load: LoadHandler,
    slow: SlowHandler,
    glance: GlanceHandler,
}

macro_rules! route {
    ($marker:ident, $field:ident, $handler:ident) => {
        impl Route<Monolith> for $marker {
            type Resources = Journal;
            type Handler = $handler;
            fn handler(unit: &Monolith) -> &$handler {
                &unit.$field
            }
        }
    };
}

route!(Load, load, LoadHandler);
route!(Slow, slow, SlowHandler);
route!(Glance, glance, GlanceHandler);

impl Unit for Monolith {
    type Resources = Journal;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "depot";
    const GRACE: Duration = Duration::from_secs(30);
    const ENVIRONMENTS: &'static [Environment] = &[];

    fn assemble(journal: &Journal, _: &Ports) -> Self {
        Self {
            load: FromResources::from_resources(journal),
            slow: FromResources::from_resources(journal),
            glance: FromResources::from_resources(journal),
        }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.work(Load);
        registration.work(Slow);
        registration.subscribe(Glance);
    }
}

/// The unit, and its bridges.
pub struct Depot {
    pub unit: Started<Monolith>,
    pub journal: Journal,
    queues: Arc<dyn QueueAdapter>,
    events: Arc<dyn EventAdapter>,
}

impl Depot {
    /// In memory.
    pub async fn start(journal: &Journal) -> Self {
        Self::with(journal, Arc::new(InMemoryQueues::new())).await
    }

    /// With the jobs of `load` at a broker.
    pub async fn on(journal: &Journal, broker: &Arc<Broker>) -> Self {
        Self::with(journal, Arc::new(BrokerQueues(InMemoryQueues::new(), Arc::clone(broker)))).await
    }

    async fn with(journal: &Journal, queues: Arc<dyn QueueAdapter>) -> Self {
        let events: Arc<dyn EventAdapter> = Arc::new(InMemoryEvents::new());
        let adapters = Adapters {
            events: Arc::clone(&events),
            queues: Arc::clone(&queues),
            state: Arc::new(InMemoryState::new()),
            secrets: Arc::new(EnvSecrets::new(Variables::default())),
        };
        let unit = Launch::new(journal.clone()).in_memory().adapters(adapters).start().await.unwrap();
        Self { unit, journal: journal.clone(), queues, events }
    }

    pub async fn push(&self, at: At, numbers: impl IntoIterator<Item = u64>) {
        for number in numbers {
            self.push_as(at, Metadata::new(), number).await;
        }
    }

    pub async fn push_as(&self, at: At, metadata: Metadata, number: u64) {
        self.put(at, Message::new(metadata, number)).await;
    }

    /// Puts in a job that is no number.
    pub async fn push_text(&self, at: At, text: &str) {
        self.put(at, Message::new(Metadata::new(), text.to_owned())).await;
    }

    async fn put(&self, (subject, policy): At, message: Message) {
        let job = Job { message, delay: None, deduplication: None };
        self.queues.queue(subject, policy).push(job).await.unwrap();
    }

    pub async fn publish(&self, subject: &'static str, numbers: impl IntoIterator<Item = u64>) {
        let topic = self.events.topic(subject);
        for number in numbers {
            topic.publish(Message::new(Metadata::new(), number)).await.unwrap();
        }
    }

    /// The dead letters of `load`: number, reason, attempts.
    pub async fn letters(&self) -> Vec<(u64, String, u32)> {
        let letters = self.unit.dead_letters(Load).list().await.unwrap();
        letters.into_iter().map(|letter| (letter.payload.unwrap_or_default(), letter.reason, letter.attempts)).collect()
    }
}
