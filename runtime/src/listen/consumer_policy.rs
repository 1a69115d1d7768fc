//! What the policies of subscriptions and queues say to whoever takes messages.

use crate::contract::batching::Batching;
use crate::contract::operation::Worker;
use crate::contract::policy::Backoff;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::resource::Queue;
use crate::contract::subscription_policy::SubscriptionPolicy;

/// What the runtime needs to know to take messages from a consumer: of a subscription or a worker alike.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsumerPolicy {
    pub(crate) at_most_once: bool,
    pub(crate) attempts: u32,
    pub(crate) backoff: Backoff,
    pub(crate) dead_letter: bool,
    pub(crate) concurrency: u32,
    pub(crate) batching: Option<Batching>,
}

impl From<SubscriptionPolicy> for ConsumerPolicy {
    fn from(policy: SubscriptionPolicy) -> Self {
        let SubscriptionPolicy { at_most_once, backoff, dead_letter, concurrency, batching, .. } = policy;
        let attempts = if at_most_once { 1 } else { policy.attempts };
        Self { at_most_once, attempts, backoff, dead_letter, concurrency, batching }
    }
}

impl ConsumerPolicy {
    /// The rules of a queue, with what its worker says of itself.
    pub(crate) fn of_worker<M: Worker>() -> Self {
        let QueuePolicy { attempts, backoff, dead_letter, .. } = M::Queue::POLICY;
        let backoff = M::BACKOFF.unwrap_or(backoff);
        let (concurrency, batching) = (M::CONCURRENCY, M::BATCHING);
        Self { at_most_once: false, attempts, backoff, dead_letter, concurrency, batching }
    }
}
