//! What was asked for before the connection was there, and has to be there with every connection.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::bridge::nats::core_subscription::CoreSubscription;
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::nats::pull_consumer::PullConsumer;
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::subscription_policy::SubscriptionPolicy;

/// What was asked for.
#[derive(Default)]
pub(super) struct Declared(Mutex<DeclaredLists>);

/// What was asked for, by kind.
#[derive(Default)]
pub(super) struct DeclaredLists {
    /// Core subscriptions.
    pub(super) subscriptions: Vec<Arc<CoreSubscription>>,
    /// Those of them that are emptied by a task of ours.
    pub(super) buffers: Vec<(Arc<CoreSubscription>, Arc<DropOldestBuffer>)>,
    /// Consumers that we take from.
    pub(super) pulls: Vec<Arc<PullConsumer>>,
    /// Consumers that have to be there, our own and those of others.
    pub(super) consumers: Vec<RetainedSubscription>,
    /// Whether dead letters are to be kept.
    pub(super) dead_letters: bool,
    /// Whether events are published.
    pub(super) topics: bool,
    /// The subscriptions of the topology, where somebody has said which there are.
    pub(super) known: Option<Arc<[KnownSubscription]>>,
    /// The events of which some consumer must not miss any.
    pub(super) durable: BTreeSet<&'static str>,
}

/// A subscription whose events are kept.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RetainedSubscription {
    pub(super) subject: &'static str,
    pub(super) subscription: &'static str,
    pub(super) policy: SubscriptionPolicy,
}

impl Declared {
    pub(super) fn lists(&self) -> MutexGuard<'_, DeclaredLists> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has the events of a subscription kept.
    pub(super) fn keep(&self, kept: RetainedSubscription) {
        let mut lists = self.lists();
        lists.durable.insert(kept.subject);
        lists.dead_letters |= kept.policy.dead_letter;
        if !lists.consumers.contains(&kept) {
            lists.consumers.push(kept);
        }
    }

    /// Whether some consumer must not miss any event of this subject.
    pub(super) fn is_durable(&self, subject: &str) -> bool {
        self.lists().durable.contains(subject)
    }
}
