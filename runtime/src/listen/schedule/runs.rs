//! A timetable that has been read: which run comes next, by the clock of the process and by the time of day.

use std::time::{Duration, SystemTime};

use pontoon_schema::cron::{Cron, Zone};
use tokio::time::{Instant, sleep, sleep_until};

use crate::contract::timetable::Timetable;
use crate::listen::schedule::zone;
use crate::unit::wall_clock::WallClock;

/// How often the time of day is looked at while a run by the calendar is waited for: it may be set, and it goes on
/// while the computer sleeps.
const LOOK: Duration = Duration::from_secs(30);

/// A time of day that is set back by more than this was wrong before. Otherwise, what has run does not run again. Cron
/// takes as much.
const SET_BACK: Duration = Duration::from_secs(3 * 3600);

/// A timetable that has been read.
pub(crate) enum ScheduledRuns {
    Every(Duration),
    Cron(Box<Cron>, Box<dyn Zone + Send + Sync>),
}

/// When a run is due, by both clocks.
#[derive(Clone, Copy)]
pub(super) struct Due {
    pub(super) at: Instant,
    pub(super) time: SystemTime,
}

impl Due {
    pub(super) fn now(wall: &WallClock) -> Self {
        Self { at: Instant::now(), time: wall.now() }
    }

    /// A time of day that may have gone by.
    fn at_time(self, time: SystemTime) -> Self {
        Self { at: self.at + time.duration_since(self.time).unwrap_or_default(), time }
    }
}

impl ScheduledRuns {
    pub(crate) fn read(timetable: Timetable) -> Result<Self, String> {
        match timetable {
            Timetable::Every(interval) if interval.is_zero() => Err("an interval of nothing".to_owned()),
            Timetable::Every(interval) => Ok(Self::Every(interval)),
            Timetable::Cron { expression, zone } => {
                Ok(Self::Cron(Box::new(Cron::parse(expression)?), zone::clock(zone)?))
            }
        }
    }

    /// When the run after this one is due. The first is after the start.
    pub(super) fn next(&self, wall: &WallClock, last: Due) -> Option<Due> {
        let now = Due::now(wall);
        match self {
            Self::Every(interval) => {
                // In step with the start, without those that were missed.
                let missed = now.at.saturating_duration_since(last.at).as_nanos() / interval.as_nanos();
                let at = last.at + interval.saturating_mul(u32::try_from(missed).unwrap_or(u32::MAX).saturating_add(1));
                Some(Due { at, time: now.time + at.saturating_duration_since(now.at) })
            }
            Self::Cron(cron, zone) => {
                let after = credible(last.time, now.time).max(now.time);
                Some(now.at_time(cron.after(after, &**zone)?))
            }
        }
    }

    /// The first run after a time up to which all is done: at once, where that was missed.
    pub(super) fn first_after(&self, wall: &WallClock, done: SystemTime) -> Option<Due> {
        let now = Due::now(wall);
        let done = credible(done, now.time);
        let time = match self {
            Self::Every(interval) => done.checked_add(*interval)?,
            Self::Cron(cron, zone) => cron.after(done, &**zone)?,
        };
        Some(now.at_time(time))
    }

    /// Waits until a run is due. Says whether it is: where the time of day turns out to have been wrong, it is not.
    pub(super) async fn wait(&self, wall: &WallClock, due: Due) -> bool {
        if let Self::Every(_) = self {
            sleep_until(due.at).await;
            return true;
        }
        let began = wall.now();
        loop {
            let now = wall.now();
            if credible(began, now) < began {
                return false;
            }
            let left = due.time.duration_since(now).unwrap_or_default();
            if left.is_zero() {
                return true;
            }
            sleep(left.min(LOOK)).await;
        }
    }
}

/// A time that has been: now, where the time of day was set back so far that it was wrong.
fn credible(time: SystemTime, now: SystemTime) -> SystemTime {
    if time.duration_since(now).is_ok_and(|back| back > SET_BACK) { now } else { time }
}
