//! Runs handlers by the clock. A run that is not over when the next is due is not started twice: the next one is left
//! out.

mod instance_lease;
mod last_run;
pub(crate) mod runs;
mod zone;

use std::convert::Infallible;
use std::future::pending;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::contract::operation::{Schedule, Tick};
use crate::handler::Route;
use crate::invoke::execute::execute;
use crate::invoke::scope::{Origin, Scope, Source};
use crate::listen::schedule::instance_lease::InstanceLease;
use crate::listen::schedule::last_run::LastRun;
use crate::listen::schedule::runs::{Due, ScheduledRuns};
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;

/// A run that comes later than this is one that was missed.
const LATE: Duration = Duration::from_secs(1);

/// A schedule at work in one instance.
struct Clock<'u, U> {
    running: &'u Arc<RunningUnit<U>>,
    runs: &'u ScheduledRuns,
    /// Where one instance at a time runs it.
    lease: Option<InstanceLease>,
    /// Where one run makes up for those that were missed.
    last_run: Option<LastRun<'u>>,
    /// How many runs have been started.
    count: u64,
}

/// Why an instance runs nothing any more.
enum TurnEnd {
    /// Another instance may have the lease.
    Lost,
    /// The timetable has no further run.
    Over,
}

/// Runs a schedule's handler whenever it is due, until the unit stops.
pub(crate) async fn run<M, U>(running: Arc<RunningUnit<U>>, runs: Arc<ScheduledRuns>)
where
    U: Send + Sync,
    M: Schedule + Route<U>,
{
    let store = &running.shared.adapters.state;
    let mut clock = Clock {
        running: &running,
        runs: &runs,
        lease: M::SINGLE.then(|| InstanceLease::begin(Arc::clone(store), M::ADDRESS)),
        last_run: M::MAKES_UP.then(|| LastRun { store: &**store, address: M::ADDRESS }),
        count: 0,
    };
    clock.run::<M>().await;
    if let Some(lease) = clock.lease {
        lease.release().await;
    }
}

impl<U: Send + Sync> Clock<'_, U> {
    async fn run<M>(&mut self)
    where
        M: Schedule + Route<U>,
    {
        let lifecycle = &self.running.shared.lifecycle;
        loop {
            let (turn, first) = tokio::select! {
                biased;
                () = lifecycle.reached(Phase::Stopping) => return,
                begun = self.begin() => begun,
            };
            match self.tick::<M>(turn, first).await {
                Some(TurnEnd::Lost) => {}
                Some(TurnEnd::Over) => {
                    tracing::warn!(target: "pontoon", handler = M::ADDRESS, "its timetable has no further run");
                    return;
                }
                None => return,
            }
        }
    }

    /// Waits until this instance is the one that runs. Says for which time it is, and what comes first.
    async fn begin(&self) -> (u64, Option<Due>) {
        let turn = match &self.lease {
            Some(lease) => lease.acquired().await,
            None => 0,
        };
        let wall = &self.running.shared.wall;
        let first = match &self.last_run {
            Some(last_run) => self.runs.first_after(wall, last_run.read(wall).await),
            None => self.runs.next(wall, Due::now(wall)),
        };
        (turn, first)
    }

    /// Runs what is due, until something ends that; nothing where the unit stops.
    async fn tick<M>(&mut self, turn: u64, first: Option<Due>) -> Option<TurnEnd>
    where
        M: Schedule + Route<U>,
    {
        let shared = &self.running.shared;
        let (mut next, mut unnoted) = (first, None);
        while let Some(due) = next {
            let is_due = tokio::select! {
                biased;
                () = shared.lifecycle.reached(Phase::Stopping) => {
                    if unnoted.is_some() {
                        tracing::warn!(target: "pontoon", handler = M::ADDRESS, "a run is not noted, and is made up for after the next start");
                    }
                    return None;
                }
                () = self.lost(turn) => return Some(TurnEnd::Lost),
                never = self.note(unnoted) => match never {},
                is_due = self.runs.wait(&shared.wall, due) => is_due,
            };
            if !is_due {
                next = self.runs.next(&shared.wall, Due::now(&shared.wall));
                continue;
            }
            if let Some(lease) = &self.lease
                && !lease.is_held().await
            {
                tracing::warn!(target: "pontoon", handler = M::ADDRESS, "a run is left out: this instance does not have the lease");
                return Some(TurnEnd::Lost);
            }
            let late = shared.wall.now().duration_since(due.time).unwrap_or_default();
            if late > LATE && self.last_run.is_some() {
                tracing::info!(target: "pontoon", handler = M::ADDRESS, "a run was missed, and is made up for");
            }
            self.execute::<M>(due).await;
            unnoted = self.note_at_once().await;
            next = self.runs.next(&shared.wall, due);
        }
        Some(TurnEnd::Over)
    }

    /// Runs the handler once.
    async fn execute<M>(&mut self, due: Due)
    where
        M: Schedule + Route<U>,
    {
        let tick = Tick { due: to_the_millisecond(due.time), count: self.count };
        self.count += 1;
        // What went wrong stands in the log; the next run is another one.
        let origin = Origin::new(self.running, Source::Clock, &None);
        let _ = execute::<M, U>(&Scope::before(&origin), tick).await;
    }

    /// Waits until the lease is lost, where there is one.
    async fn lost(&self, turn: u64) {
        match &self.lease {
            Some(lease) => lease.lost(turn).await,
            None => pending().await,
        }
    }

    /// Notes the last run. What could not be noted is left.
    async fn note_at_once(&self) -> Option<SystemTime> {
        let last_run = self.last_run.as_ref()?;
        let done = self.running.shared.wall.now();
        (!last_run.note_at_once(done).await).then_some(done)
    }

    /// Notes what was left, and waits for ever.
    async fn note(&self, unnoted: Option<SystemTime>) -> Infallible {
        if let (Some(last_run), Some(done)) = (&self.last_run, unnoted) {
            last_run.note(done).await;
        }
        pending().await
    }
}

/// A time without what is finer than a millisecond: the clock that a computer is set by is no better.
fn to_the_millisecond(time: SystemTime) -> SystemTime {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + since_epoch - Duration::from_nanos(u64::from(since_epoch.subsec_nanos()) % 1_000_000)
}
