//! The subscriptions, consumers and dead letters that were declared before the connection was there.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::bridge::nats::core_subscription::CoreSubscription;
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::nats::pull_consumer::PullConsumer;
use crate::bridge::nats::stream_config::{DeclaredQueue, RetainedSubscription};
use crate::contract::known_subscription::KnownSubscription;
use crate::sync::{Mutex, MutexGuard};

/// The subscriptions and consumers that have to be there with every connection.
#[derive(Default)]
pub(super) struct Declarations(Mutex<DeclaredLists>);

/// The declared subscriptions, consumers and streams by kind.
#[derive(Default)]
pub(super) struct DeclaredLists {
    /// Core subscriptions.
    pub(super) subscriptions: Vec<Arc<CoreSubscription>>,
    /// Those of them that are emptied by a task of ours.
    pub(super) buffers: Vec<BufferedSubscription>,
    /// Pull consumers of this unit.
    pub(super) pull_consumers: Vec<Arc<PullConsumer>>,
    /// Subscriptions whose durable consumers have to be there, our own and those of others.
    pub(super) retained: Vec<RetainedSubscription>,
    /// Queues of jobs, each with a stream of its own.
    pub(super) queues: Vec<DeclaredQueue>,
    /// Whether there has to be a stream of dead letters.
    pub(super) dead_letters: bool,
    /// Whether events are published.
    pub(super) publishes: bool,
    /// The subscriptions of the topology, where somebody has said which there are.
    pub(super) known: Option<Arc<[KnownSubscription]>>,
    /// The subjects of which some consumer must not miss any event.
    durable: BTreeSet<&'static str>,
}

/// A core subscription, and the buffer that its events go to.
#[derive(Clone)]
pub(super) struct BufferedSubscription {
    pub(super) subscription: Arc<CoreSubscription>,
    pub(super) buffer: Arc<DropOldestBuffer>,
}

impl Declarations {
    pub(super) fn lists(&self) -> MutexGuard<'_, DeclaredLists> {
        self.0.lock()
    }

    /// Has a stream keep the events of a subscription.
    pub(super) fn retain(&self, retained: RetainedSubscription) {
        let mut lists = self.lists();
        lists.durable.insert(retained.subject);
        lists.dead_letters |= retained.policy.dead_letter;
        if !lists.retained.contains(&retained) {
            lists.retained.push(retained);
        }
    }

    /// Whether some consumer must not miss any event of this subject.
    pub(super) fn is_durable(&self, subject: &str) -> bool {
        self.lists().durable.contains(subject)
    }

    pub(super) fn subscriptions(&self) -> Vec<Arc<CoreSubscription>> {
        self.lists().subscriptions.clone()
    }

    pub(super) fn buffers(&self) -> Vec<BufferedSubscription> {
        self.lists().buffers.clone()
    }

    pub(super) fn pull_consumers(&self) -> Vec<Arc<PullConsumer>> {
        self.lists().pull_consumers.clone()
    }
}
