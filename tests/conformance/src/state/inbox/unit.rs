//! A unit with two commands that are handled once, written by hand as generated code is.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pontoon::adapter::EventAdapter;
use pontoon::adapter::StateAdapter;
use pontoon::adapter::Variables;
use pontoon::adapter::in_memory::EnvSecrets;
use pontoon::adapter::in_memory::{InMemoryEvents, InMemoryQueues};
use pontoon::edge::{MayEmit, MayUpdate};
use pontoon::generated::{
    Adapters, Call, Collection, Command, Emits, Environment, Event, Exposed, FromResources, HandlerOf, Handles, Keeps,
    Key, Kind, Listeners, Operation, Policy, Ports, Publisher, Registration, Route, State, Unit,
};
use pontoon::{Context, Error, Launch, Never, Started};
use tokio::sync::Semaphore;

/// How often the handlers have run. The first ones wait to be released.
#[derive(Clone)]
pub(in crate::state) struct Runs(Arc<(AtomicU64, Semaphore, u64)>);

impl Runs {
    pub(in crate::state) fn new(held: u64) -> Self {
        Self(Arc::new((AtomicU64::new(0), Semaphore::new(0), held)))
    }

    pub(super) fn count(&self) -> u64 {
        self.0.0.load(Ordering::SeqCst)
    }

    pub(super) fn release(&self) {
        self.0.1.add_permits(1);
    }

    async fn one(&self) -> u64 {
        let (count, go, held) = &*self.0;
        let run = count.fetch_add(1, Ordering::SeqCst) + 1;
        if run <= *held {
            go.acquire().await.unwrap().forget();
        }
        run
    }
}

const HOUR: Duration = Duration::from_secs(3600);
/// Shorter than any case that waits for its end.
pub(super) const BRIEF: Duration = Duration::from_millis(300);

/// Handled once within an hour.
#[derive(Clone, Copy)]
pub(super) struct Once;

/// Handled once within a second; a claim that is left behind ends after less than that.
#[derive(Clone, Copy)]
pub(super) struct Brief;

/// Publishes its number by way of the outbox.
#[derive(Clone, Copy)]
pub(in crate::state) struct Tell;

/// What [`Tell`] publishes.
#[derive(Clone, Copy)]
pub(in crate::state) struct Told;

impl Event for Told {
    type Payload = u64;
    const SUBJECT: &'static str = "shop.event.told.v1";
    const LISTENERS: Listeners = Listeners::new().keep(HOUR).ordered();
}

impl Operation for Tell {
    type Input = u64;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "lab.tell";
    const POLICY: Policy = Policy::new().outbox();
}

impl Command for Tell {
    const SUBJECT: &'static str = "shop.command.lab.tell";
}

impl Exposed for Tell {}

/// What [`Add`] and [`AddTogether`] add to.
#[derive(Clone, Copy)]
pub(in crate::state) struct Sums;

impl State for Sums {
    type Value = u64;
    const NAME: &'static str = "sums";
}

impl Keeps<Sums> for Lab {
    fn collection(&self) -> &Collection<Sums> {
        &self.sums
    }
}

/// Adds its input to the sum, and answers what it is then.
#[derive(Clone, Copy)]
pub(in crate::state) struct Add;

/// The same with an outbox, and an event.
#[derive(Clone, Copy)]
pub(in crate::state) struct AddTogether;

impl<C: Context + MayUpdate<Sums>> Handles<Add, C> for Count {
    async fn run(&self, context: &C, number: u64) -> Result<u64, Error> {
        Ok(context.state(Sums).update("sum", |sum| sum.unwrap_or_default() + number).await?)
    }
}

impl<C: Context + MayUpdate<Sums> + MayEmit<Told>> Handles<AddTogether, C> for Count {
    async fn run(&self, context: &C, number: u64) -> Result<u64, Error> {
        let sums = context.state(Sums);
        let sum = sums.update("sum", |sum| sum.unwrap_or_default() + number).await?;
        // Of several changes of one key, the last counts.
        sums.update("others", |sum| sum.unwrap_or_default() + number).await?;
        sums.update("others", |sum| sum.unwrap_or_default() + number).await?;
        context.emit(Told, sum).await?;
        Ok(sum)
    }
}

impl<C: Context + MayEmit<Told>> Handles<Tell, C> for Count {
    async fn run(&self, context: &C, number: u64) -> Result<(), Error> {
        Ok(context.emit(Told, number).await?)
    }
}

impl<U> HandlerOf<Tell, U, Runs> for Count where Self: for<'c> Handles<Tell, Call<'c, U>> {}

impl Route<Lab> for Tell {
    type Resources = Runs;
    type Handler = Count;

    fn handler(unit: &Lab) -> &Count {
        &unit.once
    }
}

impl Emits<Told> for Lab {
    fn publisher(&self) -> &Publisher<Told> {
        &self.told
    }
}

pub(in crate::state) struct Count(Runs);

impl FromResources<Runs> for Count {
    fn from_resources(runs: &Runs) -> Self {
        Self(runs.clone())
    }
}

macro_rules! command {
    ($name:ident, $address:literal, $field:ident, $policy:expr) => {
        impl Operation for $name {
            type Input = u64;
            type Output = u64;
            type Rejection = Never;
            const KIND: Kind = Kind::Command;
            const ADDRESS: &'static str = $address;
            const POLICY: Policy = $policy;

            fn key(input: &u64) -> Option<Key> {
                Some(Key::of(input))
            }
        }

        impl Command for $name {
            const SUBJECT: &'static str = concat!("shop.command.", $address);
        }

        impl Exposed for $name {}

        impl<U> HandlerOf<$name, U, Runs> for Count where Self: for<'c> Handles<$name, Call<'c, U>> {}

        impl Route<Lab> for $name {
            type Resources = Runs;
            type Handler = Count;

            fn handler(unit: &Lab) -> &Count {
                &unit.$field
            }
        }
    };
}

command!(Once, "lab.once", once, Policy::new().timeout(HOUR).idempotency(HOUR));
command!(
    Brief,
    "lab.brief",
    brief,
    Policy::new().timeout(BRIEF).backoff(BRIEF, BRIEF).idempotency(Duration::from_secs(1))
);

command!(Add, "lab.add", once, Policy::new());
command!(AddTogether, "lab.add_together", once, Policy::new().outbox().repeatable());

macro_rules! counts {
    ($($name:ident)*) => {
        $(impl<C: Context> Handles<$name, C> for Count {
            fn run(&self, _: &C, _: u64) -> impl Future<Output = Result<u64, Error>> + Send {
                async { Ok(self.0.one().await) }
            }
        })*
    };
}

counts!(Once Brief);

pub(in crate::state) struct Lab {
    sums: Collection<Sums>,
    told: Publisher<Told>,
    once: Count,
    brief: Count,
}

impl Unit for Lab {
    type Resources = Runs;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "lab";
    const GRACE: Duration = Duration::from_secs(10);
    const ENVIRONMENTS: &'static [Environment] = &[];

    fn assemble(runs: &Runs, ports: &Ports) -> Self {
        let count = || Count::from_resources(runs);
        Self { sums: ports.collection(), told: ports.publisher(), once: count(), brief: count() }
    }

    fn listen(_: &mut Registration<Self>) {}
}

/// A process with this adapter for the store.
pub(in crate::state) async fn start(state: Arc<dyn StateAdapter>, runs: &Runs) -> Started<Lab> {
    start_on(Arc::new(InMemoryEvents::new()), state, runs).await
}

/// The same on a bridge.
pub(in crate::state) async fn start_on(
    events: Arc<dyn EventAdapter>,
    state: Arc<dyn StateAdapter>,
    runs: &Runs,
) -> Started<Lab> {
    let adapters = Adapters {
        events,
        queues: Arc::new(InMemoryQueues::new()),
        state,
        secrets: Arc::new(EnvSecrets::new(Variables::default())),
    };
    Launch::new(runs.clone()).adapters(adapters).start().await.unwrap()
}
