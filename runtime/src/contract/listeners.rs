//! What the outbox has to know of those who hear an event or work on a queue.

use std::time::Duration;

/// What those need who hear an event or work on a queue. A constant of its marker, generated from the topology.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Listeners {
    pub(crate) keep: Option<Duration>,
    pub(crate) ordered: bool,
}

impl Listeners {
    /// None of them remembers what it has handled, and none needs an order.
    #[must_use]
    pub const fn new() -> Self {
        Self { keep: None, ordered: false }
    }

    /// The shortest time for which one of them remembers what it has handled: after it, a message that is sent once
    /// more would have a second effect.
    #[must_use]
    pub const fn keep(mut self, keep: Duration) -> Self {
        self.keep = Some(keep);
        self
    }

    /// One of them handles messages in the order they come: the outbox publishes one after the other.
    #[must_use]
    pub const fn ordered(mut self) -> Self {
        self.ordered = true;
        self
    }
}
