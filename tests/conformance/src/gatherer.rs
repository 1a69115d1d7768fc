//! A unit whose handlers get batches, on any bridge: it writes down what is in each run, and fails what it is told to.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::future::Future;
use std::io::Write as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use pontoon::adapter::{
    Consumer, Endpoint, EventAdapter, JobQueue, MaybeReady, QueueAdapter, QueuePolicy, Reply, Request,
    SubscriptionPolicy, Topic, WorkerPolicy,
};
use pontoon::generated::{
    Batching, Call, Environment, Event, FromResources, HandlerOf, Handles, Kind, Operation, Ports, Queue, Registration,
    Route, Subscription, Unit, Worker,
};
use pontoon::{BridgeError, Context, Error, Health, Item, Launch, Never, Outcome, Started};

use crate::adapter::soon;
use crate::event_bridge::in_memory;
use crate::queue::POLICY;

/// How many messages a run gets at most.
pub const MOST: u32 = 50;

/// How long a batch waits for others: as long as that takes, unless no more are there.
const WAIT: Duration = Duration::from_secs(3);

/// What was in each run of a handler: numbers, and their attempts.
#[derive(Clone, Default)]
pub struct Gathered(Arc<Inner>);

#[derive(Default)]
struct Inner {
    runs: Mutex<Vec<Vec<(u32, u32)>>>,
    failing: Mutex<BTreeSet<u32>>,
    file: Option<File>,
}

impl Gathered {
    /// These numbers fail the first time.
    #[must_use]
    pub fn failing(numbers: impl IntoIterator<Item = u32>) -> Self {
        Self(Arc::new(Inner { failing: Mutex::new(numbers.into_iter().collect()), ..Inner::default() }))
    }

    /// What has begun is written into a file as well, a number a line.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn written_into(path: &Path) -> std::io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Arc::new(Inner { file: Some(file), ..Inner::default() })))
    }

    /// The runs, in the order in which they ended.
    #[must_use]
    pub fn runs(&self) -> Vec<Vec<(u32, u32)>> {
        self.0.runs.lock().unwrap().clone()
    }

    /// Every number, as often as it was in a run.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        let mut numbers: Vec<_> = self.runs().into_iter().flatten().map(|(number, _)| number).collect();
        numbers.sort_unstable();
        numbers
    }

    async fn handle(&self, items: Vec<Item<u32>>) -> Result<Vec<Outcome>, Error> {
        let run: Vec<_> = items.iter().map(|item| (item.input, item.attempt())).collect();
        if let Some(mut file) = self.0.file.as_ref() {
            let lines: String = run.iter().map(|(number, _)| format!("{number}\n")).collect();
            file.write_all(lines.as_bytes())?;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        self.0.runs.lock().unwrap().push(run);
        let outcome = |item: Item<u32>| match self.0.failing.lock().unwrap().remove(&item.input) {
            true => item.failed(Error::fault("failed as the case says")),
            false => item.done(),
        };
        Ok(items.into_iter().map(outcome).collect())
    }
}

/// Takes jobs.
#[derive(Clone, Copy, Debug)]
pub struct Gather;

/// Hears events; with `ONCE` at most once.
#[derive(Clone, Copy, Debug)]
pub struct Overhear<const ONCE: bool>;

/// The queue.
#[derive(Clone, Copy, Debug)]
pub struct Numbers;

/// The event.
#[derive(Clone, Copy, Debug)]
pub struct Counted;

impl Queue for Numbers {
    type Payload = u32;
    const SUBJECT: &'static str = "suite.queue.numbers";
    const POLICY: QueuePolicy = POLICY.attempts(1000);
}

impl Event for Counted {
    type Payload = u32;
    const SUBJECT: &'static str = "suite.event.counted.v1";
}

impl Operation for Gather {
    type Input = u32;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Worker;
    const ADDRESS: &'static str = "gatherer.v1.gather";
}

impl Worker for Gather {
    type Queue = Numbers;
    const CONCURRENCY: u32 = 2;
    const BATCHING: Option<Batching> = Some(Batching::new(MOST, WAIT));
}

impl<const ONCE: bool> Operation for Overhear<ONCE> {
    type Input = u32;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "tap.v1.ear";
}

impl<const ONCE: bool> Subscription for Overhear<ONCE> {
    type Event = Counted;
    const DELIVERY: SubscriptionPolicy = match ONCE {
        true => SubscriptionPolicy::at_most_once(),
        false => SubscriptionPolicy::at_least_once()
            .attempts(5)
            .backoff(Duration::from_millis(100), Duration::from_millis(200))
            .dead_letter(),
    }
    .batch(MOST, WAIT);
}

/// What handles both.
pub struct Handler(Gathered);

impl<M, C> Handles<M, C> for Handler
where
    M: Operation<Input = u32, Output = (), Rejection = Never>,
    C: Context,
{
    fn run_batch(&self, _: &C, items: Vec<Item<u32>>) -> impl Future<Output = Result<Vec<Outcome>, Error>> + Send {
        self.0.handle(items)
    }
}

impl<M, U> HandlerOf<M, U, Gathered> for Handler
where
    M: Operation<Input = u32, Output = (), Rejection = Never>,
    Self: for<'c> Handles<M, Call<'c, U>>,
{
}

impl FromResources<Gathered> for Handler {
    fn from_resources(gathered: &Gathered) -> Self {
        Self(gathered.clone())
    }
}

/// A unit that takes jobs; or one that hears events, where it says how often.
pub struct Gatherer<W>(Handler, std::marker::PhantomData<W>);

impl Route<Gatherer<Gather>> for Gather {
    type Resources = Gathered;
    type Handler = Handler;

    fn handler(unit: &Gatherer<Self>) -> &Handler {
        &unit.0
    }
}

impl<const ONCE: bool> Route<Gatherer<Self>> for Overhear<ONCE> {
    type Resources = Gathered;
    type Handler = Handler;

    fn handler(unit: &Gatherer<Self>) -> &Handler {
        &unit.0
    }
}

/// What a unit listens to.
pub trait Listens: Sized + Send + Sync + 'static {
    /// Takes it.
    fn listen(registration: &mut Registration<Gatherer<Self>>);
}

impl Listens for Gather {
    fn listen(registration: &mut Registration<Gatherer<Self>>) {
        registration.work(Self);
    }
}

impl<const ONCE: bool> Listens for Overhear<ONCE> {
    fn listen(registration: &mut Registration<Gatherer<Self>>) {
        registration.subscribe(Self);
    }
}

impl<W: Listens> Unit for Gatherer<W> {
    type Resources = Gathered;
    const TOPOLOGY: &'static str = "suite";
    const NAME: &'static str = "gatherer";
    const GRACE: Duration = Duration::from_secs(6);
    const ENVIRONMENTS: &'static [Environment] = &[];

    fn assemble(gathered: &Gathered, _: &Ports) -> Self {
        Self(FromResources::from_resources(gathered), std::marker::PhantomData)
    }

    fn listen(registration: &mut Registration<Self>) {
        W::listen(registration);
    }
}

/// A unit that takes the jobs of a queue.
///
/// # Errors
/// The backend refuses.
pub async fn working(
    gathered: &Gathered,
    queues: Arc<dyn QueueAdapter>,
    subject: &'static str,
) -> pontoon::Result<Started<Gatherer<Gather>>> {
    let mut adapters = in_memory();
    adapters.queues = Arc::new(OneQueue { queues, subject });
    Launch::new(gathered.clone()).in_memory().adapters(adapters).start().await
}

/// A unit that hears the events of a subject.
pub(crate) async fn hearing<const ONCE: bool>(
    gathered: &Gathered,
    events: Arc<dyn EventAdapter>,
    subject: &'static str,
) -> Started<Gatherer<Overhear<ONCE>>> {
    let mut adapters = in_memory();
    adapters.events = Arc::new(OneEvent { events, subject });
    soon(Launch::new(gathered.clone()).in_memory().adapters(adapters).start()).await.expect("it starts")
}

/// An adapter whose queue has the subject of a case.
struct OneQueue {
    queues: Arc<dyn QueueAdapter>,
    subject: &'static str,
}

impl QueueAdapter for OneQueue {
    fn queue(&self, _: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        self.queues.queue(self.subject, policy)
    }

    fn worker(&self, _: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        self.queues.worker(self.subject, policy, worker)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.queues.connect()
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        self.queues.drain()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.queues.close()
    }

    fn health(&self) -> Health {
        self.queues.health()
    }
}

/// An adapter whose event has the subject of a case.
struct OneEvent {
    events: Arc<dyn EventAdapter>,
    subject: &'static str,
}

impl EventAdapter for OneEvent {
    fn topic(&self, _: &'static str) -> Arc<dyn Topic> {
        self.events.topic(self.subject)
    }

    fn subscribe(&self, _: &'static str, subscription: &'static str, policy: SubscriptionPolicy) -> Arc<dyn Consumer> {
        self.events.subscribe(self.subject, subscription, policy)
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.events.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        self.events.request(request)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        self.events.connect()
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        self.events.drain()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.events.close()
    }

    fn health(&self) -> Health {
        self.events.health()
    }
}
