//! Requests that wait for their replies. Whoever stops waiting leaves nothing behind; a reply that comes too late is counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use crate::bridge::{BridgeError, Reply};

/// How a request ended.
type Answer = Result<Reply, BridgeError>;

/// Requests that wait for their replies.
#[derive(Default)]
pub(crate) struct Pending {
    next: AtomicU64,
    late: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer>>>,
}

/// One request that waits.
pub(crate) struct Waiting<'p> {
    pending: &'p Pending,
    /// What its reply will name it by.
    pub(crate) key: u64,
    answer: oneshot::Receiver<Answer>,
}

impl Pending {
    /// Begins to wait for a reply.
    pub(crate) fn begin(&self) -> Waiting<'_> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting().insert(key, sender);
        Waiting { pending: self, key, answer }
    }

    /// Hands an answer to whoever waits for it. Nobody: it is late.
    pub(crate) fn answer(&self, key: u64, answer: Answer) {
        let waiting = self.waiting().remove(&key);
        if waiting.is_none_or(|waiting| waiting.send(answer).is_err()) {
            let late = self.late.fetch_add(1, Ordering::Relaxed) + 1;
            if late.is_power_of_two() {
                tracing::info!(target: "pontoon", late, "a reply came when nobody waited for it any more");
            }
        }
    }

    /// Ends the waiting of all: their replies cannot come any more.
    pub(crate) fn fail(&self, error: impl Fn() -> BridgeError) {
        let all: Vec<_> = self.waiting().drain().collect();
        for (_, waiting) in all {
            // One that has just stopped waiting needs no error.
            let _ = waiting.send(Err(error()));
        }
    }

    /// How many replies came too late.
    pub(crate) fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Answer>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting<'_> {
    /// Waits for the answer.
    pub(crate) async fn answer(mut self) -> Answer {
        (&mut self.answer).await.unwrap_or(Err(BridgeError::Closed))
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.pending.waiting().remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_stops_waiting_leaves_nothing_behind() {
        let pending = Pending::default();
        let waiting = pending.begin();
        let key = waiting.key;
        drop(waiting);
        assert!(pending.waiting().is_empty());
        pending.answer(key, Ok(Reply::Output("1".into())));
        assert_eq!(pending.late(), 1);

        let waiting = pending.begin();
        pending.answer(waiting.key, Ok(Reply::Output("2".into())));
        assert_eq!(waiting.answer().await.unwrap(), Reply::Output("2".into()));

        let waiting = pending.begin();
        pending.fail(|| BridgeError::Closed);
        assert!(matches!(waiting.answer().await, Err(BridgeError::Closed)));
        assert_eq!((pending.late(), pending.waiting().len()), (1, 0));
    }
}
