//! How events and jobs are delivered: attempts, back-off, bounds, dead letters.

use std::time::Duration;

use crate::definition::Queue;
use crate::operation::Worker;
use crate::policy::Backoff;

/// What happens to a message that finds no room.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum WhenFull {
    /// Its sender waits: back-pressure.
    Wait,
    /// Its sender gets an error.
    Refuse,
    /// The oldest message that waits makes room, and is lost.
    DropOldest,
}

/// How the events of a subscription are delivered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct SubscriptionPolicy {
    pub(crate) at_most_once: bool,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) dead_letter: bool,
    pub(crate) concurrency: u32,
    /// Nothing where the topology says nothing: then memory has room for [`Self::IN_MEMORY`], and a broker for what its disk
    /// has room for.
    pub(crate) bound: Option<u32>,
    pub(crate) when_full: WhenFull,
    pub(crate) ordered: bool,
}

impl SubscriptionPolicy {
    /// How many events of a subscription may wait in memory, where nothing is said about it.
    pub(crate) const IN_MEMORY: u32 = 1024;

    /// An event may be lost, and is never handled twice.
    #[must_use]
    pub const fn at_most_once() -> Self {
        Self { at_most_once: true, ..Self::at_least_once().attempts(1) }
    }

    /// An event is handled until it succeeded, or its attempts are used up.
    #[must_use]
    pub const fn at_least_once() -> Self {
        Self {
            at_most_once: false,
            attempts: 5,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            dead_letter: false,
            concurrency: 1,
            bound: None,
            when_full: WhenFull::Wait,
            ordered: false,
        }
    }

    /// How often an event is tried in all.
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

    /// How many events one process handles at a time. With 1 they are handled in the order they came.
    #[must_use]
    pub const fn concurrency(mut self, concurrency: u32) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// How many events may wait. Left out, 1,024 in memory; at a broker what its disk has room for.
    #[must_use]
    pub const fn bound(mut self, bound: u32) -> Self {
        self.bound = Some(bound);
        self
    }

    /// What happens to an event that finds no room.
    #[must_use]
    pub const fn when_full(mut self, when_full: WhenFull) -> Self {
        self.when_full = when_full;
        self
    }

    /// Events with the same [`Subscription::order`](crate::Subscription::order) are handled in the order they came, also
    /// while one of them is tried again.
    #[must_use]
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }
}

/// How the jobs of a queue are leased, tried again and given up.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct QueuePolicy {
    pub(crate) lease: Duration,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) dead_letter: bool,
    pub(crate) bound: u32,
    pub(crate) when_full: WhenFull,
    pub(crate) remember: Duration,
}

impl QueuePolicy {
    /// A lease of 30 s, 5 attempts with 100 ms to 30 s between them, no dead letter, room for 65,536 jobs.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            lease: Duration::from_secs(30),
            attempts: 5,
            backoff: Backoff::new(Duration::from_millis(100), Duration::from_secs(30)),
            dead_letter: false,
            bound: 65_536,
            when_full: WhenFull::Wait,
            remember: Duration::from_secs(300),
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

    /// How long a job's deduplication id is remembered. Five minutes, unless said otherwise.
    #[must_use]
    pub const fn remember(mut self, window: Duration) -> Self {
        self.remember = window;
        self
    }
}

impl Default for QueuePolicy {
    fn default() -> Self {
        Self::new()
    }
}

/// What the runtime needs to know to take messages from a consumer: of a subscription or a worker alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsumerPolicy {
    pub(crate) at_most_once: bool,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) dead_letter: bool,
    pub(crate) concurrency: u32,
}

impl From<SubscriptionPolicy> for ConsumerPolicy {
    fn from(policy: SubscriptionPolicy) -> Self {
        let SubscriptionPolicy { at_most_once, backoff, dead_letter, concurrency, .. } = policy;
        let attempts = if at_most_once { 1 } else { policy.attempts };
        Self { at_most_once, attempts, backoff, dead_letter, concurrency }
    }
}

impl ConsumerPolicy {
    /// The rules of a queue, with what its worker says of itself.
    pub(crate) fn of_worker<M: Worker>() -> Self {
        let QueuePolicy { attempts, backoff, dead_letter, .. } = M::Queue::POLICY;
        let (backoff, concurrency) = (M::BACKOFF.unwrap_or(backoff), M::CONCURRENCY);
        Self { at_most_once: false, attempts, backoff, dead_letter, concurrency }
    }
}
