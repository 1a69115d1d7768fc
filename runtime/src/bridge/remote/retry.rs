//! The pauses between attempts at something that has to succeed at last: jittered, for ever, and without a flood of logs.

use std::fmt;
use std::time::Duration;

use tokio::time::sleep;

use crate::policy::Backoff;

/// Counts the failures of one thing in a row.
#[derive(Debug)]
pub(crate) struct Retry {
    what: &'static str,
    failures: u32,
}

impl Retry {
    /// Nothing has failed yet.
    pub(crate) fn new(what: &'static str) -> Self {
        Self { what, failures: 0 }
    }

    /// How long to wait after one more failure. Says so the 1st, 2nd, 4th, 8th… time.
    pub(crate) fn failed(&mut self, error: &dyn fmt::Display) -> Duration {
        const BACKOFF: Backoff = Backoff::new(Duration::from_millis(100), Duration::from_secs(5));
        self.failures = self.failures.saturating_add(1);
        let (what, failures) = (self.what, self.failures);
        if failures.is_power_of_two() {
            tracing::warn!(target: "pontoon", %error, failures, "{what} fails, and is tried again");
        }
        BACKOFF.after(failures)
    }

    /// Waits after one more failure.
    pub(crate) async fn pause(&mut self, error: &dyn fmt::Display) {
        sleep(self.failed(error)).await;
    }

    /// It has succeeded.
    pub(crate) fn succeeded(&mut self) {
        if self.failures > 0 {
            tracing::info!(target: "pontoon", failures = self.failures, "{} succeeds again", self.what);
        }
        self.failures = 0;
    }
}
