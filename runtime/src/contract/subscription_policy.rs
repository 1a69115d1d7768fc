//! The policy of a subscription: attempts, back-off, bounds, dead letters.

use std::time::Duration;

use crate::contract::batching::Batching;
use crate::contract::policy::Backoff;

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
    pub(crate) batching: Option<Batching>,
    /// Nothing where the topology says nothing: then memory has room for [`Self::IN_MEMORY`], and a broker for what its
    /// disk has room for.
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
            batching: None,
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

    /// How many runs of the handler there are in one process at a time. With 1, events are handled in the order they
    /// came.
    #[must_use]
    pub const fn concurrency(mut self, concurrency: u32) -> Self {
        self.concurrency = concurrency;
        self
    }

    /// The handler gets several events at a time: so many at most, of which the first waits for others for this time.
    #[must_use]
    pub const fn batch(mut self, most: u32, wait: Duration) -> Self {
        self.batching = Some(Batching::new(most, wait));
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

    /// Events with the same [`Subscription::order`](crate::generated::Subscription::order) are handled in the order
    /// they came, also while one of them is tried again.
    #[must_use]
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }

    /// Whether an event may be lost, and is never handled twice.
    #[must_use]
    pub const fn is_at_most_once(&self) -> bool {
        self.at_most_once
    }

    /// Whether what was given up is kept.
    #[must_use]
    pub const fn has_dead_letters(&self) -> bool {
        self.dead_letter
    }

    /// Whether events with the same key are handled in the order they came.
    #[must_use]
    pub const fn is_ordered(&self) -> bool {
        self.ordered
    }

    /// How many events are in flight in one process at a time: a bridge that hands out fewer lets no batch become full.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        Batching::in_flight(self.batching, self.concurrency)
    }

    /// How many events may wait, where that is said, and what happens to one that finds no room.
    #[must_use]
    pub const fn room(&self) -> (Option<u32>, WhenFull) {
        (self.bound, self.when_full)
    }
}
