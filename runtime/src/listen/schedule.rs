//! Runs handlers by the clock. A run that is not over when the next is due is not started twice: the next one is left
//! out.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use pontoon_schema::cron::Cron;
use tokio::time::{Instant, sleep_until};

use crate::contract::operation::{Schedule, Tick};
use crate::contract::timetable::Timetable;
use crate::handler::Route;
use crate::invoke::execute::execute;
use crate::invoke::scope::{Origin, Scope, Source};
use crate::unit::lifecycle::Phase;
use crate::unit::shared::RunningUnit;
use crate::unit::wall_clock::WallClock;

/// A timetable that has been read.
pub(crate) enum ScheduledRuns {
    Every(Duration),
    Cron(Box<Cron>),
}

impl ScheduledRuns {
    pub(crate) fn read(timetable: Timetable) -> Result<Self, String> {
        match timetable {
            Timetable::Every(interval) if interval.is_zero() => Err("an interval of nothing".to_owned()),
            Timetable::Every(interval) => Ok(Self::Every(interval)),
            Timetable::Cron(expression) => Cron::parse(expression).map(Box::new).map(Self::Cron),
        }
    }

    /// When the run after this one is due, by both clocks. The first is after the start.
    fn next(&self, wall: &WallClock, last: (Instant, SystemTime)) -> Option<(Instant, SystemTime)> {
        let now = (Instant::now(), wall.now());
        match self {
            Self::Every(interval) => {
                // In step with the start, without those that were missed.
                let missed = now.0.saturating_duration_since(last.0).as_nanos() / interval.as_nanos();
                let due = last.0 + interval.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1));
                Some((due, now.1 + due.saturating_duration_since(now.0)))
            }
            Self::Cron(cron) => {
                let due = cron.after(last.1.max(now.1))?;
                Some((now.0 + due.duration_since(now.1).unwrap_or_default(), due))
            }
        }
    }
}

/// Runs a schedule's handler whenever it is due, until the unit stops.
pub(crate) async fn run<M, U>(running: Arc<RunningUnit<U>>, plan: Arc<ScheduledRuns>)
where
    U: Send + Sync,
    M: Schedule + Route<U>,
{
    let shared = &running.shared;
    let mut last = (Instant::now(), shared.wall.now());
    let mut count = 0;
    while let Some(due) = plan.next(&shared.wall, last) {
        tokio::select! {
            biased;
            () = shared.lifecycle.reached(Phase::Stopping) => return,
            () = sleep_until(due.0) => {}
        }
        let tick = Tick { due: to_the_millisecond(due.1), count };
        // What went wrong stands in the log; the next run is another one.
        let origin = Origin::new(&running, Source::Clock, &None);
        let _ = execute::<M, U>(&Scope::before(&origin), tick).await;
        last = due;
        count += 1;
    }
    tracing::warn!(target: "pontoon", handler = M::ADDRESS, "its timetable has no further run");
}

/// A time without what is finer than a millisecond: the clock that a computer is set by is no better.
fn to_the_millisecond(time: SystemTime) -> SystemTime {
    let since_epoch = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    SystemTime::UNIX_EPOCH + since_epoch - Duration::from_nanos(u64::from(since_epoch.subsec_nanos()) % 1_000_000)
}
