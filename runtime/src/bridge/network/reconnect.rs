//! The pauses between attempts at something that has to succeed at last: jittered, for ever, and without a flood of
//! logs.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use crate::contract::policy::Backoff;
use crate::one_line::OneLine;

/// What ends sooner than this after it succeeded has not really succeeded: its failures go on counting.
const LASTING: Duration = Duration::from_secs(5);

/// Counts the failures of one thing in a row.
#[derive(Debug)]
pub struct Reconnect {
    what: &'static str,
    failures: u32,
    succeeded: Option<Instant>,
    /// It comes and goes.
    flaps: bool,
}

impl Reconnect {
    /// Nothing has failed yet.
    pub fn new(what: &'static str) -> Self {
        Self { what, failures: 0, succeeded: None, flaps: false }
    }

    /// How long to wait after one more failure. Says so the 1st, 2nd, 4th, 8th… time.
    pub fn failed(&mut self, error: &dyn fmt::Display) -> Duration {
        const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        if let Some(succeeded) = self.succeeded.take() {
            self.flaps = succeeded.elapsed() < LASTING;
            if !self.flaps {
                self.failures = 0;
            }
        }
        self.failures = self.failures.saturating_add(1);
        let (what, failures) = (self.what, self.failures);
        if failures.is_power_of_two() {
            tracing::warn!(target: "pontoon", error = %OneLine(&error), failures, "{what} fails, and is tried again");
        }
        BACKOFF.after(failures)
    }

    /// Waits after one more failure.
    pub async fn pause(&mut self, error: &(dyn fmt::Display + Sync)) {
        tokio::time::sleep(self.failed(error)).await;
    }

    /// It has succeeded.
    pub fn succeeded(&mut self) {
        if self.failures > 0 && (!self.flaps || self.failures.is_power_of_two()) {
            tracing::info!(target: "pontoon", failures = self.failures, "{} succeeds again", self.what);
        }
        self.succeeded = Some(Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_comes_and_goes_is_tried_less_and_less_often() {
        let mut retry = Reconnect::new("a test");
        for most in [100, 200, 400, 800] {
            let pause = retry.failed(&"gone");
            assert!(pause > Duration::from_millis(most / 2 - 1) && pause <= Duration::from_millis(most), "{pause:?}");
            retry.succeeded();
        }
        tokio::time::advance(LASTING).await;
        assert!(retry.failed(&"gone") <= Duration::from_millis(100));
    }
}
