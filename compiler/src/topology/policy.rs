//! What handlers, queues and buffers promise: attempts, back-off, idempotency, what happens when something is full.

use std::time::Duration;

use pontoon_schema::document::Route;

use super::Located;

/// How long to wait between attempts: the first wait and the longest one. It doubles in between.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The wait after the first failed attempt.
    pub first: Duration,
    /// No wait is longer.
    pub longest: Duration,
}

impl Backoff {
    /// The longest one of the waits between `attempts` attempts.
    pub fn longest_of(self, attempts: u32) -> Duration {
        match attempts.checked_sub(2) {
            Some(doublings) => self.first.saturating_mul(2_u32.saturating_pow(doublings)).min(self.longest),
            None => Duration::ZERO,
        }
    }

    /// The longest time that all waits between `attempts` attempts take together.
    pub fn total(self, attempts: u32) -> Duration {
        let mut wait = self.first.min(self.longest);
        let mut total = Duration::ZERO;
        for done in 1..attempts {
            if wait >= self.longest {
                return total.saturating_add(self.longest.saturating_mul(attempts - done));
            }
            total = total.saturating_add(wait);
            wait = wait.saturating_mul(2).min(self.longest);
        }
        total
    }
}

/// Several messages that one run of a handler gets together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batch {
    /// How many at most.
    pub most: Located<u32>,
    /// How long the first one waits for others.
    pub wait: Located<Duration>,
}

/// How a command is tried again when it faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// All attempts, the first one included.
    pub attempts: Located<u32>,
    /// The waits between them.
    pub backoff: Located<Backoff>,
}

/// The effect happens once for each key, however often the message comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idempotency {
    /// The field of the input that tells two requests apart.
    pub key: Located<String>,
    /// How long a key is remembered.
    pub keep: Located<Duration>,
    /// Whether a message may come without one.
    pub optional: Located<bool>,
}

/// What happens to the next message when a buffer is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WhenFull {
    /// The sender waits.
    Wait,
    /// The sender gets an error.
    Refuse,
    /// The oldest message makes room.
    DropOldest,
}

impl WhenFull {
    /// The word in the topology: `drop_oldest`.
    pub fn as_str(self) -> &'static str {
        match self {
            WhenFull::Wait => "wait",
            WhenFull::Refuse => "refuse",
            WhenFull::DropOldest => "drop_oldest",
        }
    }
}

/// How often a subscription sees an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// Once or, if something breaks, never.
    AtMostOnce,
    /// Again until it is handled, or its attempts run out.
    AtLeastOnce,
}

/// When a schedule runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Timetable {
    /// Again and again after this time.
    Every(Duration),
    /// By a cron expression.
    Cron(String),
}

/// What becomes of runs that were due while no instance was there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missed {
    /// They are left out.
    Skip,
    /// One run after the next start makes up for all of them.
    Once,
}

/// Where a command is served over HTTP, and who may call it there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Http {
    /// Method and path.
    pub route: Located<Route>,
    /// The named authentication, `none` included. `None`: the topology does not say.
    pub authentication: Option<Located<String>>,
}
