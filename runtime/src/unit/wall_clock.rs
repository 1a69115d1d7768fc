//! The time of day, which a test may set.

use std::time::SystemTime;

use tokio::time::Instant;

/// The time of day: the computer's, or one that began at a chosen time and goes with tokio's clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct WallClock(Option<(SystemTime, Instant)>);

impl WallClock {
    pub(crate) fn from(now: SystemTime) -> Self {
        Self(Some((now, Instant::now())))
    }

    pub(crate) fn now(&self) -> SystemTime {
        match self.0 {
            Some((began, at)) => began + at.elapsed(),
            None => SystemTime::now(),
        }
    }
}
