//! Events and jobs in the memory of the process: bounded, and gone with it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bridge::{BridgeError, EventAdapter, Feed, JobQueue, QueueAdapter, Topic};
use crate::delivery::{Delivery, QueueRules};
use crate::soon::Soon;

mod backlog;
mod contents;
mod feed;
mod topic;

use backlog::Backlog;
use contents::Limits;
use topic::Subscriptions;

/// Carries events in the memory of the process. Each subscription has a bounded queue of its own.
#[derive(Default)]
pub struct InMemoryEvents {
    topics: Mutex<HashMap<String, Arc<Subscriptions>>>,
}

impl InMemoryEvents {
    /// A bridge that nobody has subscribed on.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn topics(&self) -> MutexGuard<'_, HashMap<String, Arc<Subscriptions>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn subscriptions(&self, subject: &str) -> Arc<Subscriptions> {
        Arc::clone(self.topics().entry(subject.to_owned()).or_default())
    }
}

impl EventAdapter for InMemoryEvents {
    fn topic(&self, subject: &str) -> Arc<dyn Topic> {
        self.subscriptions(subject)
    }

    fn subscribe(&self, subject: &'static str, subscription: &'static str, rules: Delivery) -> Arc<dyn Feed> {
        self.subscriptions(subject).subscribe(subscription, Limits::from(rules))
    }

    fn connect(&self) -> Soon<'_, Result<(), BridgeError>> {
        Soon::now(Ok(()))
    }

    fn close(&self) -> Soon<'_, ()> {
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
