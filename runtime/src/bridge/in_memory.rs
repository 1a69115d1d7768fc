//! Commands, events and jobs in the memory of the process: bounded, and gone with it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bridge::{BridgeError, EventAdapter, Feed, Inlet, JobQueue, QueueAdapter, Reply, Request, Topic};
use crate::delivery::{Delivery, QueueRules};
use crate::health::Counters;
use crate::soon::Soon;

mod backlog;
mod contents;
mod feed;
mod requests;
mod topic;

use backlog::Backlog;
use contents::Limits;
use requests::Requests;
use topic::Subscriptions;

/// Carries commands and events in the memory of the process. Each subscription has a bounded queue of its own.
#[derive(Default)]
pub struct InMemoryEvents {
    topics: Mutex<HashMap<&'static str, Arc<Subscriptions>>>,
    requests: Requests,
    closed: AtomicBool,
    alone: bool,
}

impl InMemoryEvents {
    /// A bridge that nobody has subscribed on, for units that share it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The bridge of one unit, with which everybody is gone who could ever hear what others would.
    pub(crate) fn alone() -> Self {
        Self { alone: true, ..Self::default() }
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<&'static str, Arc<Subscriptions>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscriptions(&self, subject: &'static str) -> Arc<Subscriptions> {
        Arc::clone(self.topics().entry(subject).or_default())
    }
}

impl EventAdapter for InMemoryEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.subscriptions(subject)
    }

    fn subscribe(&self, subject: &'static str, subscription: &'static str, rules: Delivery) -> Arc<dyn Feed> {
        self.subscriptions(subject).subscribe(subscription, Limits::from(rules))
    }

    fn keep(&self, subject: &'static str, subscription: &'static str, rules: Delivery) {
        // Kept for nobody, it would fill its bound.
        if !self.alone {
            self.subscriptions(subject).subscribe(subscription, Limits::from(rules));
        }
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Inlet> {
        self.requests.serve(subject)
    }

    fn request(&self, request: Request) -> Soon<'_, Result<Reply, BridgeError>> {
        if self.closed.load(Ordering::Acquire) {
            return Soon::now(Err(BridgeError::Closed));
        }
        Soon::later(self.requests.request(request))
    }

    fn connect(&self) -> Soon<'_, Result<(), BridgeError>> {
        Soon::now(Ok(()))
    }

    fn drain(&self) -> Soon<'_, ()> {
        self.requests.drain();
        Soon::now(())
    }

    fn counters(&self) -> Counters {
        self.requests.counters()
    }

    fn close(&self) -> Soon<'_, ()> {
        self.closed.store(true, Ordering::Release);
        self.requests.close();
        for subscriptions in self.topics().values() {
            subscriptions.close();
        }
        Soon::now(())
    }
}

/// Carries jobs in the memory of the process.
#[derive(Default)]
pub struct InMemoryQueues {
    queues: Mutex<HashMap<&'static str, Arc<Backlog>>>,
}

impl InMemoryQueues {
    /// A bridge without jobs.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<&'static str, Arc<Backlog>>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl QueueAdapter for InMemoryQueues {
    fn queue(&self, subject: &'static str, rules: QueueRules) -> Arc<dyn JobQueue> {
        let mut queues = self.queues();
        let queue = queues.entry(subject).or_insert_with(|| Arc::new(Backlog::new(subject, Limits::from(rules))));
        Arc::<Backlog>::clone(queue)
    }

    fn connect(&self) -> Soon<'_, Result<(), BridgeError>> {
        Soon::now(Ok(()))
    }

    fn close(&self) -> Soon<'_, ()> {
        for queue in self.queues().values() {
            queue.close();
        }
        Soon::now(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::delivery::WhenFull;
    use crate::message::Message;
    use crate::metadata::Metadata;

    #[tokio::test]
    async fn what_nobody_can_hear_is_kept_for_nobody() {
        let rules = Delivery::at_least_once().bound(1).when_full(WhenFull::Refuse);
        let publish = async |bridge: &InMemoryEvents| {
            bridge.keep("event", "elsewhere", rules);
            let topic = bridge.topic("event");
            let first = topic.publish(Message::new(Metadata::fresh(), 1)).await;
            (first, topic.publish(Message::new(Metadata::fresh(), 2)).await)
        };
        assert!(matches!(publish(&InMemoryEvents::alone()).await, (Ok(()), Ok(()))));
        let shared = publish(&InMemoryEvents::new()).await;
        assert!(matches!(shared, (Ok(()), Err(BridgeError::Full { .. }))), "{shared:?}");
    }
}
