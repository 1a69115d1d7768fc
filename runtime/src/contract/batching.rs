//! How several messages are gathered for one run of a handler.

use std::time::Duration;

/// How several messages are gathered for one run of a handler.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Batching {
    pub(crate) most: u32,
    pub(crate) wait: Duration,
}

impl Batching {
    /// So many messages at most, of which the first waits for others for this time.
    #[must_use]
    pub const fn new(most: u32, wait: Duration) -> Self {
        Self { most, wait }
    }

    /// How many messages are in flight where there are so many runs at a time.
    pub(crate) const fn in_flight(batching: Option<Self>, concurrency: u32) -> u32 {
        match batching {
            Some(Self { most, .. }) => concurrency.saturating_mul(most),
            None => concurrency,
        }
    }
}
