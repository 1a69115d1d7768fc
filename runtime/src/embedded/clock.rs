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

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> i64 {
        milliseconds(self.opened + self.at.elapsed())
    }

    /// The time so much later, rounded up; what is too long for the clock is for ever.
    pub(super) fn after(&self, pause: Duration) -> i64 {
        self.now().saturating_add(milliseconds(pause)).saturating_add(1)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pause_is_never_shorter_than_it_was_said() {
        let clock = DatabaseClock::start();
        let pause = Duration::from_micros(1500);
        let (before, due) = (Instant::now(), clock.after(pause));
        while clock.now() < due {
            std::thread::yield_now();
        }
        assert!(before.elapsed() >= pause);
        assert_eq!(clock.until(due), Duration::ZERO);
        assert_eq!(clock.after(Duration::MAX), i64::MAX);
    }
}
