//! The clock of the database: wall-clock time on disk, which goes on steadily while the process lives.

use std::time::{Duration, Instant, SystemTime};

/// The wall clock as it stood when the folder was opened, and what has passed since by a clock that nobody sets: a
/// delay is never shorter than it was said, whatever becomes of the time of day meanwhile.
#[derive(Clone, Copy, Debug)]
pub(super) struct DatabaseClock {
    opened: Duration,
    at: Instant,
}

impl DatabaseClock {
    pub(super) fn start() -> Self {
        let opened = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { opened, at: Instant::now() }
    }

    /// Milliseconds since 1970, as many as are over.
    pub(super) fn now(&self) -> i64 {
        milliseconds(self.time())
    }

    /// The first millisecond that begins when the pause is over; what is too long for the clock is for ever.
    pub(super) fn after(&self, pause: Duration) -> i64 {
        end_of(self.time(), pause)
    }

    fn time(&self) -> Duration {
        self.opened + self.at.elapsed()
    }

    /// How long until a time.
    pub(super) fn until(&self, time: i64) -> Duration {
        Duration::from_millis(u64::try_from(time.saturating_sub(self.now())).unwrap_or_default())
    }

    /// How long ago a time was.
    pub(super) fn since(&self, time: i64) -> Duration {
        Duration::from_millis(u64::try_from(self.now().saturating_sub(time)).unwrap_or_default())
    }
}

fn milliseconds(time: Duration) -> i64 {
    i64::try_from(time.as_millis()).unwrap_or(i64::MAX)
}

fn end_of(begin: Duration, pause: Duration) -> i64 {
    const TO_THE_NEXT: Duration = Duration::from_nanos(999_999);
    begin.checked_add(pause).and_then(|end| end.checked_add(TO_THE_NEXT)).map_or(i64::MAX, milliseconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_never_shorter_than_it_was_said() {
        for begin in [0, 1, 400, 499, 500, 501, 999, 1000].map(Duration::from_micros) {
            for pause in [0, 1, 500, 999, 1000, 1001, 1500, 1999].map(Duration::from_micros) {
                let due = end_of(begin, pause);
                let due = Duration::from_millis(u64::try_from(due).unwrap());
                assert!(due >= begin + pause, "{pause:?} from {begin:?} ended at {due:?}");
                assert!(due < begin + pause + Duration::from_millis(1), "{pause:?} from {begin:?} ended at {due:?}");
            }
        }
        assert_eq!(end_of(Duration::from_secs(1), Duration::MAX), i64::MAX);
    }

    #[test]
    fn what_is_over_is_not_waited_for() {
        let clock = DatabaseClock::start();
        let due = clock.after(Duration::ZERO);
        while clock.now() < due {
            std::thread::yield_now();
        }
        assert_eq!(clock.until(due), Duration::ZERO);
        assert_eq!(clock.until(0), Duration::ZERO);
        assert_eq!(clock.since(i64::MAX), Duration::ZERO);
    }
}
