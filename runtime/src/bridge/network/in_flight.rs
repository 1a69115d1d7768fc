//! What is under way: a bridge that closes waits for it, for a while.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::bridge::BridgeError;

/// What is under way.
#[derive(Default)]
pub(crate) struct InFlight {
    under_way: AtomicUsize,
    closed: AtomicBool,
    landed: Notify,
}

/// One thing that is under way; until it is dropped.
pub(crate) struct InFlightGuard<'f>(&'f InFlight);

impl InFlight {
    /// Something begins, unless it is too late for that.
    pub(crate) fn begin(&self) -> Result<InFlightGuard<'_>, BridgeError> {
        self.under_way.fetch_add(1, Ordering::SeqCst);
        let flight = InFlightGuard(self);
        if self.closed.load(Ordering::SeqCst) { Err(BridgeError::Closed) } else { Ok(flight) }
    }

    /// Lets nothing begin any more, and waits until all has ended; for so long at most.
    pub(crate) async fn close(&self, patience: Duration) {
        self.closed.store(true, Ordering::SeqCst);
        let over = async {
            loop {
                let landed = self.landed.notified();
                if self.under_way.load(Ordering::SeqCst) == 0 {
                    return;
                }
                landed.await;
            }
        };
        // What has not ended by then gets an error.
        let _ = timeout(patience, over).await;
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if self.0.under_way.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.landed.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_waited_for_and_nothing_else_begins() {
        let flights = InFlight::default();
        let flight = flights.begin().unwrap();
        let close = flights.close(Duration::from_secs(3600));
        tokio::join!(close, async {
            tokio::task::yield_now().await;
            assert!(matches!(flights.begin(), Err(BridgeError::Closed)));
            drop(flight);
        });
        assert_eq!(flights.under_way.load(Ordering::SeqCst), 0);
    }
}
