//! The soaks: events or jobs without end, at the rate that the machine bears, while what carries them is killed and
//! started again.

pub mod events;
pub mod jobs;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until};

use crate::system::counts::Counts;

/// How long it goes on, and how often what carries the messages is killed.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// In all.
    pub time: Duration,
    /// From one kill to the next.
    pub period: Duration,
}

/// How many messages may be on their way: who sends does not run away from who handles.
const AHEAD: u64 = 10_000;

/// How many are sent at a time.
const LANES: u32 = 64;

/// More than any machine sends in a second.
const FASTEST: usize = 60_000;

/// How long the last ones may take.
const PATIENCE: Duration = Duration::from_secs(120);

impl Plan {
    /// Counts of all that can be sent meanwhile.
    fn counts(&self) -> Arc<Counts> {
        let seconds = usize::try_from(self.time.as_secs()).unwrap_or(usize::MAX);
        Arc::new(Counts::below(seconds.saturating_mul(FASTEST)))
    }

    /// Kills whenever it is time, until it is over, and returns how often.
    async fn disturb(&self, kill: impl AsyncFn()) -> u32 {
        let begun = Instant::now();
        let mut kills = 0;
        let mut next = begun + self.period;
        // Between two of them, and after the last one, there is time for something to flow.
        while next + self.period / 2 < begun + self.time {
            sleep_until(next).await;
            kill().await;
            kills += 1;
            next = (next + self.period).max(Instant::now() + self.period / 2);
        }
        sleep_until(begun + self.time).await;
        kills
    }
}
