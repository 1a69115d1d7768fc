//! Requests that wait for their replies. Whoever stops waiting leaves nothing behind; a reply that comes too late is
//! counted.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::oneshot;

use crate::bridge::{BridgeError, Reply};
use crate::sync::{Mutex, MutexGuard};

/// How a request ended: with what an adapter makes replies of.
type Answer<A> = Result<A, BridgeError>;

/// Requests that wait for their replies.
pub struct Pending<A = Reply> {
    next: AtomicU64,
    late: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Answer<A>>>>,
}

/// One request that waits.
pub struct PendingRequest<'p, A = Reply> {
    pending: &'p Pending<A>,
    /// What its reply will name it by.
    pub key: u64,
    answer: oneshot::Receiver<Answer<A>>,
}

impl<A> Default for Pending<A> {
    fn default() -> Self {
        Self { next: AtomicU64::new(0), late: AtomicU64::new(0), waiting: Mutex::default() }
    }
}

impl<A> Pending<A> {
    /// Begins to wait for a reply.
    pub fn begin(&self) -> PendingRequest<'_, A> {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting().insert(key, sender);
        PendingRequest { pending: self, key, answer }
    }

    /// Hands an answer to whoever waits for it. Nobody: it is late.
    pub fn answer(&self, key: u64, answer: Answer<A>) {
        if !self.hand(key, answer) {
            let late = self.late.fetch_add(1, Ordering::Relaxed) + 1;
            if late.is_power_of_two() {
                tracing::info!(target: "pontoon", late, "a reply came when nobody waited for it any more");
            }
        }
    }

    /// Hands an answer to whoever waits for it. Says whether somebody did.
    pub fn hand(&self, key: u64, answer: Answer<A>) -> bool {
        let waiting = self.waiting().remove(&key);
        waiting.is_some_and(|waiting| waiting.send(answer).is_ok())
    }

    /// Ends the waiting of all: their replies cannot come any more.
    pub fn fail(&self, error: impl Fn() -> BridgeError) {
        let all: Vec<_> = self.waiting().drain().collect();
        for (_, waiting) in all {
            // One that has just stopped waiting needs no error.
            let _ = waiting.send(Err(error()));
        }
    }

    /// How many replies came too late.
    pub fn late(&self) -> u64 {
        self.late.load(Ordering::Relaxed)
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<u64, oneshot::Sender<Answer<A>>>> {
        self.waiting.lock()
    }
}

impl<A> PendingRequest<'_, A> {
    /// Waits for the answer.
    ///
    /// # Errors
    /// What [`Pending::fail`] says; [`BridgeError::Closed`] where nobody answers any more.
    pub async fn answer(mut self) -> Answer<A> {
        (&mut self.answer).await.unwrap_or(Err(BridgeError::Closed))
    }
}

impl<A> Drop for PendingRequest<'_, A> {
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
