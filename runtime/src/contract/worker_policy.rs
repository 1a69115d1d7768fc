//! The policy of a worker: how many jobs of its queue it has at a time.

use std::time::Duration;

use crate::contract::batching::Batching;

/// How many jobs of its queue a worker has at a time.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct WorkerPolicy {
    pub(crate) concurrency: u32,
    pub(crate) batching: Option<Batching>,
}

impl WorkerPolicy {
    /// So many runs at a time, with one job each.
    #[must_use]
    pub const fn new(concurrency: u32) -> Self {
        Self { concurrency, batching: None }
    }

    /// Each run gets several jobs: so many at most, of which the first waits for others for this time.
    #[must_use]
    pub const fn batch(mut self, most: u32, wait: Duration) -> Self {
        self.batching = Some(Batching::new(most, wait));
        self
    }

    /// How many jobs are in flight in one process at a time: a bridge that hands out fewer lets no batch become full.
    #[must_use]
    pub const fn in_flight(&self) -> u32 {
        Batching::in_flight(self.batching, self.concurrency)
    }

    /// How many jobs one run gets at most.
    #[must_use]
    pub const fn at_once(&self) -> u32 {
        Batching::in_flight(self.batching, 1)
    }
}
