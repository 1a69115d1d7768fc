//! The buffer of a core NATS subscription: bounded, and the oldest event is dropped when it is full.

use std::collections::VecDeque;

use tokio::sync::Notify;

use crate::bridge::nats::client::NatsMessage;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::sync::{Mutex, MutexGuard};

/// A bounded buffer of events, which drops the oldest.
///
/// The client would drop the newest, which nobody would notice before the next one comes; and say so in its log for
/// each.
pub(super) struct DropOldestBuffer {
    subscription: &'static str,
    bound: usize,
    contents: Mutex<BufferContents>,
    changed: Notify,
}

/// The events that wait in the buffer.
#[derive(Default)]
struct BufferContents {
    waiting: VecDeque<NatsMessage>,
    dropped: u64,
    ended: bool,
}

impl DropOldestBuffer {
    pub(super) fn new(subscription: &'static str, policy: &SubscriptionPolicy) -> Self {
        let bound = policy.bound.unwrap_or(SubscriptionPolicy::IN_MEMORY).max(1) as usize;
        Self { subscription, bound, contents: Mutex::default(), changed: Notify::new() }
    }

    /// Puts an event in. What is dropped for it is counted by its publisher's sequence, when the next one is handled.
    pub(super) fn put(&self, message: NatsMessage) {
        let mut contents = self.contents();
        if contents.waiting.len() >= self.bound {
            contents.waiting.pop_front();
            contents.dropped += 1;
            if contents.dropped.is_power_of_two() {
                let (subscription, dropped) = (self.subscription, contents.dropped);
                tracing::warn!(target: "pontoon", subscription, dropped, "events come faster than they are handled");
            }
        }
        contents.waiting.push_back(message);
        drop(contents);
        self.changed.notify_one();
    }

    /// Nothing more is put in.
    pub(super) fn end(&self) {
        self.contents().ended = true;
        self.changed.notify_waiters();
    }

    /// The next event; `None` once it is empty and nothing more is put in.
    pub(super) async fn take(&self) -> Option<NatsMessage> {
        loop {
            let changed = self.changed.notified();
            {
                let mut contents = self.contents();
                if let Some(message) = contents.waiting.pop_front() {
                    // Another one who takes may have been woken for nothing meanwhile.
                    if !contents.waiting.is_empty() {
                        self.changed.notify_one();
                    }
                    return Some(message);
                }
                if contents.ended {
                    return None;
                }
            }
            changed.await;
        }
    }

    /// How many events wait.
    pub(super) fn waiting(&self) -> usize {
        self.contents().waiting.len()
    }

    fn contents(&self) -> MutexGuard<'_, BufferContents> {
        self.contents.lock()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bridge::nats::client::HeaderBlock;

    fn message(payload: &'static str) -> NatsMessage {
        let (subject, payload) = ("s".to_owned().into(), payload.into());
        NatsMessage { subject, reply: None, payload, headers: HeaderBlock::default() }
    }

    #[tokio::test]
    async fn the_oldest_falls_out_and_the_rest_is_handed_out_at_the_end() {
        let buffer = DropOldestBuffer::new("a.v1.b", &SubscriptionPolicy::at_most_once().bound(2));
        for payload in ["1", "2", "3"] {
            buffer.put(message(payload));
        }
        buffer.end();
        assert_eq!(buffer.waiting(), 2);
        let mut taken = Vec::new();
        while let Some(message) = buffer.take().await {
            taken.push(message.payload);
        }
        assert_eq!(taken, ["2", "3"]);
    }

    #[tokio::test]
    async fn all_who_wait_hear_of_the_end() {
        let buffer = DropOldestBuffer::new("a.v1.b", &SubscriptionPolicy::at_most_once());
        let end = async {
            tokio::task::yield_now().await;
            buffer.end();
        };
        let (first, second, ()) = tokio::join!(buffer.take(), buffer.take(), end);
        assert!(first.is_none() && second.is_none());
    }
}
