//! The options of one job.

use std::time::Duration;

/// What may be said about a job beside its payload.
///
/// ```
/// use std::time::Duration;
///
/// use pontoon::edge::MayEnqueue;
/// use pontoon::{BridgeError, Context, JobOptions};
/// use shop::Invoice;
/// use shop::topology::queue;
///
/// async fn bill_later(ctx: &(impl Context + MayEnqueue<queue::Invoices>), user: u32) -> Result<(), BridgeError> {
///     let options = JobOptions::new().delay(Duration::from_secs(3600)).deduplication(format!("bill of {user}"));
///     ctx.enqueue_with(queue::Invoices, Invoice { user }, options).await
/// }
/// ```
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct JobOptions {
    pub(crate) delay: Option<Duration>,
    pub(crate) deduplication: Option<String>,
}

impl JobOptions {
    /// Nothing special.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// No worker gets the job before this time has passed; at most a hundred years. For queues with `delayed: true`.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        const LONGEST: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
        self.delay = Some(delay.min(LONGEST));
        self
    }

    /// Another job of the same tenant with this id within the queue's window is taken for this one, and left out. For
    /// queues with `deduplicate:`.
    #[must_use]
    pub fn deduplication(mut self, id: impl Into<String>) -> Self {
        self.deduplication = Some(id.into());
        self
    }
}
