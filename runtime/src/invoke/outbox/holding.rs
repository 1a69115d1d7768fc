//! A relay at work: it keeps its lease while it waits for something.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::invoke::outbox::lane::Lane;
use crate::invoke::outbox::pass::{Pass, Stop};
use crate::invoke::outbox::state::OutboxContext;
use crate::store::lease::Lease;

/// A relay that has the lease of a subject: it keeps two relays from publishing the same entries, and the order of
/// commits. One that is held up beyond its end finds the entries changed by its successor, and changes nothing under
/// them.
pub(super) struct Holding<'c> {
    pub(super) context: OutboxContext<'c>,
    pub(super) lane: &'c Lane,
    pub(super) lease: Lease,
}

impl Holding<'_> {
    pub(super) async fn keep(&mut self) -> Result<(), Stop> {
        if self.lease.keep(self.context.store).await { Ok(()) } else { Err(Stop::Pass(Pass::Leased)) }
    }

    /// Waits for something, and keeps the lease meanwhile.
    pub(super) async fn during<T>(&mut self, what: impl Future<Output = T>) -> Result<T, Stop> {
        let mut what = std::pin::pin!(what);
        loop {
            tokio::select! {
                biased;
                done = &mut what => return Ok(done),
                () = sleep_until(self.lease.due()) => {}
            }
            self.keep().await?;
            if self.lease.due() <= Instant::now() {
                // The store does not answer: what is waited for goes on meanwhile.
                tokio::select! {
                    biased;
                    done = &mut what => return Ok(done),
                    () = sleep(Duration::from_millis(100)) => {}
                }
            }
        }
    }
}
