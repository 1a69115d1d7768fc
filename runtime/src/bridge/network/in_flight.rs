//! The operations in flight: a bridge that closes waits for them, for a while.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::bridge::BridgeError;

/// The operations in flight.
#[derive(Default)]
pub(crate) struct InFlight {
    count: AtomicUsize,
    closed: AtomicBool,
    ended: Notify,
}

/// One operation in flight; until it is dropped.
pub(crate) struct InFlightGuard<'f>(&'f InFlight);

impl InFlight {
    /// Something begins, unless it is too late for that.
    pub(crate) fn begin(&self) -> Result<InFlightGuard<'_>, BridgeError> {
        self.count.fetch_add(1, Ordering::SeqCst);
        let guard = InFlightGuard(self);
        if self.closed.load(Ordering::SeqCst) { Err(BridgeError::Closed) } else { Ok(guard) }
    }

    /// Lets nothing begin any more, and waits until all has ended; for so long at most.
    pub(crate) async fn close(&self, patience: Duration) {
        self.closed.store(true, Ordering::SeqCst);
        let over = async {
            loop {
                let ended = self.ended.notified();
                if self.count.load(Ordering::SeqCst) == 0 {
                    return;
                }
                ended.await;
            }
        };
        // What has not ended by then gets an error.
        let _ = timeout(patience, over).await;
    }
}

impl Drop for InFlightGuard<'_> {
    fn drop(&mut self) {
        if self.0.count.fetch_sub(1, Ordering::SeqCst) == 1 {
            self.0.ended.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn what_is_under_way_is_waited_for_and_nothing_else_begins() {
        let in_flight = InFlight::default();
        let guard = in_flight.begin().unwrap();
        let close = in_flight.close(Duration::from_secs(3600));
        tokio::join!(close, async {
            tokio::task::yield_now().await;
            assert!(matches!(in_flight.begin(), Err(BridgeError::Closed)));
            drop(guard);
        });
        assert_eq!(in_flight.count.load(Ordering::SeqCst), 0);
    }
}
