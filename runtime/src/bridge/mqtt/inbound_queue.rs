//! The queue of messages that have come from the broker and that nobody has taken yet.

use std::collections::VecDeque;

use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::Notify;

use crate::sync::{Mutex, MutexGuard};

/// How many bytes may wait of what is not held back at the broker.
const ROOM: usize = 16 << 20;

/// About how many bytes a message takes beside its payload.
const BESIDE: usize = 1 << 10;

/// A queue of messages that have come from the broker. Several may take.
pub(super) struct InboundQueue<T> {
    waiting: Mutex<InboundContents<T>>,
    changed: Notify,
}

/// The messages that wait in the queue.
struct InboundContents<T> {
    items: VecDeque<T>,
    bytes: usize,
    /// Nothing more comes.
    closed: bool,
    /// Nothing is taken any more, either.
    shut: bool,
}

/// The size of a message in the queue, in bytes, about.
pub(super) trait Weight {
    fn weight(&self) -> usize;
}

impl Weight for Publish {
    fn weight(&self) -> usize {
        self.payload.len() + BESIDE
    }
}

impl<T: Weight> InboundQueue<T> {
    pub(super) fn new() -> Self {
        let waiting = InboundContents { items: VecDeque::new(), bytes: 0, closed: false, shut: false };
        Self { waiting: Mutex::new(waiting), changed: Notify::new() }
    }

    fn waiting(&self) -> MutexGuard<'_, InboundContents<T>> {
        self.waiting.lock()
    }

    /// Puts something in whose sender is held back by other means.
    pub(super) fn push(&self, item: T) {
        let mut waiting = self.waiting();
        waiting.bytes += item.weight();
        waiting.items.push_back(item);
        drop(waiting);
        self.changed.notify_one();
    }

    /// Puts something in, if there is room.
    pub(super) fn offer(&self, item: T) -> Result<(), T> {
        let waiting = self.waiting();
        if waiting.closed || waiting.bytes + item.weight() > ROOM {
            return Err(item);
        }
        drop(waiting);
        self.push(item);
        Ok(())
    }

    /// Puts something back that is to be taken next.
    pub(super) fn put_back(&self, item: T) {
        let mut waiting = self.waiting();
        waiting.bytes += item.weight();
        waiting.items.push_front(item);
        drop(waiting);
        self.changed.notify_one();
    }

    /// What has waited longest; `None` once nothing is to be taken any more. Safe to drop while it waits.
    pub(super) async fn take(&self) -> Option<T> {
        loop {
            let changed = self.changed.notified();
            {
                let mut waiting = self.waiting();
                if waiting.shut {
                    return None;
                }
                if let Some(item) = waiting.items.pop_front() {
                    waiting.bytes = waiting.bytes.saturating_sub(item.weight());
                    // One permit may stand for several that have come.
                    if !waiting.items.is_empty() {
                        self.changed.notify_one();
                    }
                    return Some(item);
                }
                if waiting.closed {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// How much waits.
    pub(super) fn len(&self) -> usize {
        self.waiting().items.len()
    }

    /// Nothing more comes: who takes gets what waits, and then nothing.
    pub(super) fn close(&self) {
        self.waiting().closed = true;
        self.wake();
    }

    /// Nothing is taken any more.
    pub(super) fn shut(&self) {
        self.waiting().shut = true;
        self.wake();
    }

    /// Whether nothing is taken any more.
    pub(super) fn is_shut(&self) -> bool {
        self.waiting().shut
    }

    fn wake(&self) {
        self.changed.notify_waiters();
        self.changed.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Weight for u32 {
        fn weight(&self) -> usize {
            *self as usize
        }
    }

    #[tokio::test]
    async fn what_waits_is_handed_out_before_the_end() {
        let queue = InboundQueue::new();
        queue.push(1);
        queue.push(2);
        queue.put_back(0);
        queue.close();
        assert_eq!(queue.offer(3), Err(3));
        let taken = [queue.take().await, queue.take().await, queue.take().await, queue.take().await];
        assert_eq!(taken, [Some(0), Some(1), Some(2), None]);
    }

    #[tokio::test]
    async fn what_is_shut_keeps_what_it_has() {
        let queue = InboundQueue::new();
        queue.push(1);
        queue.shut();
        assert_eq!((queue.take().await, queue.len()), (None, 1));
    }

    #[tokio::test]
    async fn there_is_no_more_than_there_is_room_for() {
        let queue = InboundQueue::new();
        let half = u32::try_from(ROOM / 2).unwrap();
        assert!(queue.offer(half).is_ok() && queue.offer(half).is_ok());
        assert_eq!(queue.offer(1), Err(1));
        assert_eq!(queue.take().await, Some(half));
        assert!(queue.offer(1).is_ok());
    }

    #[tokio::test]
    async fn all_who_wait_get_something_or_the_end() {
        let queue = std::sync::Arc::new(InboundQueue::new());
        let takers: Vec<_> = (0..4)
            .map(|_| {
                let queue = std::sync::Arc::clone(&queue);
                tokio::spawn(async move { queue.take().await })
            })
            .collect();
        tokio::task::yield_now().await;
        queue.push(1);
        queue.push(2);
        tokio::task::yield_now().await;
        queue.close();
        let mut taken = Vec::new();
        for taker in takers {
            taken.extend(taker.await.unwrap());
        }
        taken.sort_unstable();
        assert_eq!(taken, [1, 2]);
    }
}
