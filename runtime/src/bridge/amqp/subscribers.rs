//! The subscribers of an event that this unit knows of: whether there are any, and what to do where a queue has no
//! room.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::bridge::BridgeError;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::sync::{Mutex, MutexGuard};

/// The known subscribers of an exchange or routing key.
#[derive(Default)]
pub(super) struct Subscribers {
    somebody: AtomicBool,
    bounded: Mutex<Vec<BoundedSubscriber>>,
    renewed: Notify,
}

/// A subscriber whose queue has a bound that its publishers feel.
struct BoundedSubscriber {
    subscription: &'static str,
    when_full: WhenFull,
}

/// The meaning of a nack: the broker has refused a message.
pub(super) struct NackedPublish {
    pub(super) error: BridgeError,
    /// Whether it is to be published again.
    pub(super) again: bool,
}

impl Subscribers {
    /// There is somebody who has room.
    pub(super) fn somebody() -> Self {
        let subscribers = Self::default();
        subscribers.somebody.store(true, Ordering::Release);
        subscribers
    }

    /// A subscription of this unit, or one that it keeps events for.
    pub(super) fn add(&self, subscription: &'static str, policy: SubscriptionPolicy) {
        self.somebody.store(true, Ordering::Release);
        if policy.bound.is_some() && policy.when_full != WhenFull::DropOldest {
            self.bounded().push(BoundedSubscriber { subscription, when_full: policy.when_full });
        }
    }

    fn bounded(&self) -> MutexGuard<'_, Vec<BoundedSubscriber>> {
        self.bounded.lock()
    }

    /// Whether a message that no queue takes is an error.
    pub(super) fn is_somebody(&self) -> bool {
        self.somebody.load(Ordering::Acquire)
    }

    /// Their queues seemed to be gone, and may have been made anew.
    pub(super) fn renew(&self) {
        self.renewed.notify_waiters();
    }

    /// Waits until their queues may have been made anew; begins to wait where it is called.
    pub(super) fn renewed(&self) -> Notified<'_> {
        self.renewed.notified()
    }

    /// The meaning of a nack. Which one of several queues has no room, the broker does not say.
    pub(super) fn nacked(&self) -> NackedPublish {
        let bounded = self.bounded();
        let refuses = bounded.iter().find(|subscriber| subscriber.when_full == WhenFull::Refuse);
        match refuses.or(bounded.first()) {
            Some(BoundedSubscriber { subscription: at, when_full }) => {
                NackedPublish { error: BridgeError::Full { at }, again: *when_full == WhenFull::Wait }
            }
            None => {
                NackedPublish { error: BridgeError::Unavailable("the broker could not keep it".into()), again: true }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nacked(subscribers: &Subscribers) -> (BridgeError, bool) {
        let NackedPublish { error, again } = subscribers.nacked();
        (error, again)
    }

    #[test]
    fn a_refusal_is_what_the_subscriptions_say() {
        let subscribers = Subscribers::default();
        assert!(!subscribers.is_somebody());
        assert!(matches!(nacked(&subscribers), (BridgeError::Unavailable(_), true)));
        subscribers.add("a", SubscriptionPolicy::at_least_once().bound(1).when_full(WhenFull::DropOldest));
        assert!(subscribers.is_somebody() && matches!(nacked(&subscribers), (BridgeError::Unavailable(_), true)));
        subscribers.add("b", SubscriptionPolicy::at_least_once().bound(1));
        assert!(matches!(nacked(&subscribers), (BridgeError::Full { at: "b" }, true)));
        subscribers.add("c", SubscriptionPolicy::at_least_once().bound(1).when_full(WhenFull::Refuse));
        assert!(matches!(nacked(&subscribers), (BridgeError::Full { at: "c" }, false)));
    }
}
