//! A schedule at work: two processes with one store, and one that runs it.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use pontoon::adapter::in_memory::{EnvSecrets, InMemoryEvents, InMemoryQueues};
use pontoon::adapter::{StateAdapter, Variables};
use pontoon::generated::{
    Adapters, Call, Environment, FromResources, HandlerOf, Handles, Kind, Operation, Ports, Registration, Route,
    Schedule, Timetable, Unit,
};
use pontoon::{Context, Error, Launch, Never, Started, Tick};
use tokio::time::sleep;

use super::harness::{Harness, until};

/// What all processes share, to see what they do at the same time.
#[derive(Default)]
struct Seen {
    at_work: AtomicU64,
    overlaps: AtomicU64,
}

/// What one process has done.
#[derive(Clone)]
struct Runs {
    seen: Arc<Seen>,
    count: Arc<AtomicU64>,
}

impl Runs {
    fn of(seen: &Arc<Seen>) -> Self {
        Self { seen: Arc::clone(seen), count: Arc::default() }
    }

    fn count(&self) -> u64 {
        self.count.load(Ordering::SeqCst)
    }
}

/// A run that ends with its handler, whatever ends that.
struct AtWork<'r>(&'r Runs);

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.0.seen.at_work.fetch_sub(1, Ordering::SeqCst);
    }
}

/// Runs in one process at a time, and makes up for what was missed.
#[derive(Clone, Copy)]
struct Pulse;

impl Operation for Pulse {
    type Input = Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "lab.pulse";
}

impl Schedule for Pulse {
    const TIMETABLE: Timetable = Timetable::every(Duration::from_millis(50));
    const SINGLE: bool = true;
    const MAKES_UP: bool = true;
}

struct Count(Runs);

impl FromResources<Runs> for Count {
    fn from_resources(runs: &Runs) -> Self {
        Self(runs.clone())
    }
}

impl<C: Context> Handles<Pulse, C> for Count {
    async fn run(&self, _: &C, _: Tick) -> Result<(), Error> {
        let others = self.0.seen.at_work.fetch_add(1, Ordering::SeqCst);
        let _at_work = AtWork(&self.0);
        self.0.seen.overlaps.fetch_add(others, Ordering::SeqCst);
        sleep(Duration::from_millis(20)).await;
        self.0.count.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

impl<U> HandlerOf<Pulse, U, Runs> for Count where Self: for<'c> Handles<Pulse, Call<'c, U>> {}

impl Route<Clockwork> for Pulse {
    type Resources = Runs;
    type Handler = Count;

    fn handler(unit: &Clockwork) -> &Count {
        &unit.pulse
    }
}

struct Clockwork {
    pulse: Count,
}

impl Unit for Clockwork {
    type Resources = Runs;
    const TOPOLOGY: &'static str = "shop";
    const NAME: &'static str = "clockwork";
    const GRACE: Duration = Duration::from_secs(10);
    const ENVIRONMENTS: &'static [Environment] = &[];

    fn assemble(runs: &Runs, _: &Ports) -> Self {
        Self { pulse: Count::from_resources(runs) }
    }

    fn listen(registration: &mut Registration<Self>) {
        registration.schedule(Pulse);
    }
}

async fn start(state: Arc<dyn StateAdapter>, runs: &Runs) -> Started<Clockwork> {
    let adapters = Adapters {
        events: Arc::new(InMemoryEvents::new()),
        queues: Arc::new(InMemoryQueues::new()),
        state,
        secrets: Arc::new(EnvSecrets::new(Variables::default())),
    };
    Launch::new(runs.clone()).adapters(adapters).start().await.unwrap()
}

pub async fn one_of_two_processes_runs_what_is_single(harness: &impl Harness) {
    let seen = Arc::default();
    let (one, other) = (Runs::of(&seen), Runs::of(&seen));
    let first = start(harness.adapter(), &one).await;
    until("the first one has the lease", || async { one.count() > 0 }).await;
    let second = start(harness.adapter(), &other).await;
    until("it goes on", || async { one.count() > 20 }).await;
    assert_eq!(other.count(), 0);
    drop(first);
    until("the second one has taken over", || async { other.count() > 5 }).await;
    second.shutdown().await.unwrap();
    assert_eq!(seen.overlaps.load(Ordering::SeqCst), 0);
}

pub async fn what_is_single_does_not_overlap_where_the_store_freezes(harness: &impl Harness) {
    let seen = Arc::default();
    let (one, other) = (Runs::of(&seen), Runs::of(&seen));
    let units = [start(harness.adapter(), &one).await, start(harness.adapter(), &other).await];
    until("one of them runs", || async { one.count() + other.count() > 5 }).await;
    harness.freeze().await;
    // Longer than a lease.
    sleep(Duration::from_secs(12)).await;
    let before = one.count() + other.count();
    harness.thaw().await;
    until("one of them goes on", || async { one.count() + other.count() > before + 20 }).await;
    assert_eq!(seen.overlaps.load(Ordering::SeqCst), 0);
    drop(units);
}
