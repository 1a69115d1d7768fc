//! Commands, events and jobs in the memory of the process: bounded, and gone with it.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, JobQueue, QueueAdapter, Reply, Request, Topic};
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::health::Counters;
use crate::maybe_ready::MaybeReady;
use crate::sync::{Mutex, MutexGuard};

mod backlog;
mod consumer;
mod contents;
pub(crate) mod requests;
mod topic;

use backlog::Backlog;
use contents::BacklogLimits;
use requests::InMemoryRequests;
use topic::Subscriptions;

/// Carries commands and events in the memory of the process. Each subscription has a bounded queue of its own.
#[derive(Default)]
pub struct InMemoryEvents {
    topics: Mutex<HashMap<&'static str, Arc<Subscriptions>>>,
    requests: InMemoryRequests,
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
        self.topics.lock()
    }

    fn subscriptions(&self, subject: &'static str) -> Arc<Subscriptions> {
        Arc::clone(self.topics().entry(subject).or_default())
    }
}

impl EventAdapter for InMemoryEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.subscriptions(subject)
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        self.subscriptions(subject).subscribe(subscription, BacklogLimits::from(policy))
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        // Kept for nobody, it would fill its bound.
        if !self.alone {
            self.subscriptions(subject).subscribe(subscription, BacklogLimits::from(policy));
        }
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        self.requests.serve(subject)
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        if self.closed.load(Ordering::Acquire) {
            return MaybeReady::ready(Err(BridgeError::Closed));
        }
        MaybeReady::boxed(self.requests.request(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::ready(Ok(()))
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        self.requests.drain();
        MaybeReady::ready(())
    }

    fn counters(&self) -> Counters {
        self.requests.counters()
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.closed.store(true, Ordering::Release);
        self.requests.close();
        for subscriptions in self.topics().values() {
            subscriptions.close();
        }
        MaybeReady::ready(())
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
        self.queues.lock()
    }
}

impl QueueAdapter for InMemoryQueues {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        let mut queues = self.queues();
        let queue =
            queues.entry(subject).or_insert_with(|| Arc::new(Backlog::new(subject, BacklogLimits::from(policy))));
        Arc::<Backlog>::clone(queue)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::ready(Ok(()))
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        for queue in self.queues().values() {
            queue.close();
        }
        MaybeReady::ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::subscription_policy::WhenFull;
    use crate::message::Message;
    use crate::message::metadata::Metadata;

    #[tokio::test]
    async fn what_nobody_can_hear_is_kept_for_nobody() {
        let policy = SubscriptionPolicy::at_least_once().bound(1).when_full(WhenFull::Refuse);
        let publish = async |bridge: &InMemoryEvents| {
            bridge.retain_for("event", "elsewhere", policy);
            let topic = bridge.topic("event");
            let first = topic.publish(Message::new(Metadata::new(), 1)).await;
            (first, topic.publish(Message::new(Metadata::new(), 2)).await)
        };
        assert!(matches!(publish(&InMemoryEvents::alone()).await, (Ok(()), Ok(()))));
        let shared = publish(&InMemoryEvents::new()).await;
        assert!(matches!(shared, (Ok(()), Err(BridgeError::Full { .. }))), "{shared:?}");
    }
}
