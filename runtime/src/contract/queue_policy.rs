//! The policy of a queue: leases, attempts, bounds, dead letters.

use std::time::Duration;

use crate::contract::job::JobOptions;
use crate::contract::policy::Backoff;
use crate::contract::subscription_policy::WhenFull;

/// How the jobs of a queue are leased, tried again and given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QueuePolicy {
    pub(crate) lease: Duration,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) dead_letter: bool,
    pub(crate) bound: u32,
    pub(crate) when_full: WhenFull,
    pub(crate) delayed: bool,
    /// For how long deduplication ids count; nothing where jobs have none.
    pub(crate) remember: Option<Duration>,
}

impl QueuePolicy {
    /// A lease of 30 s, 5 attempts with 100 ms to 30 s between them, no dead letter, room for 65,536 jobs, none of them
    /// for later or with a deduplication id.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lease: Duration::from_secs(30),
            attempts: 5,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            dead_letter: false,
            bound: 65_536,
            when_full: WhenFull::Wait,
            delayed: false,
            remember: None,
        }
    }

    /// How long a worker has a job before another may get it. Extended while the handler runs.
    #[must_use]
    pub const fn lease(mut self, lease: Duration) -> Self {
        self.lease = lease;
        self
    }

    /// How often a job is tried in all.
    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    /// The pause before the second attempt, doubled before each further one, up to a longest.
    #[must_use]
    pub const fn backoff(mut self, shortest: Duration, longest: Duration) -> Self {
        self.backoff = Backoff::new(shortest, longest);
        self
    }

    /// Keeps what was given up, to be looked at and replayed.
    #[must_use]
    pub const fn dead_letter(mut self) -> Self {
        self.dead_letter = true;
        self
    }

    /// How many jobs may wait.
    #[must_use]
    pub const fn bound(mut self, bound: u32) -> Self {
        self.bound = bound;
        self
    }

    /// What happens to a job that finds no room.
    #[must_use]
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Jobs may be put in for later.
    #[must_use]
    pub const fn delayed(mut self) -> Self {
        self.delayed = true;
        self
    }

    /// Jobs may have a deduplication id, which is remembered for so long.
    #[must_use]
    pub const fn remember(mut self, window: Duration) -> Self {
        self.remember = Some(window);
        self
    }

    /// Why a job with these options is refused: on a bridge that cannot do what the topology does not ask for, it would
    /// be lost or late.
    pub(crate) fn refuses(&self, options: &JobOptions) -> Option<&'static str> {
        if options.delay.is_some() && !self.delayed {
            return Some("jobs for later: the topology does not say `delayed: true` of this queue");
        }
        if options.deduplication.is_some() && self.remember.is_none() {
            return Some("deduplication ids: the topology says no `deduplicate:` of this queue");
        }
        None
    }
}

impl Default for QueuePolicy {
    fn default() -> Self {
        Self::new()
    }
}
