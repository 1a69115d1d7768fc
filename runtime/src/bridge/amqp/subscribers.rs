//! What this unit knows of those who listen to an event: whether anybody does, and what to do where one has no room.

use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;
use tokio::sync::futures::Notified;

use crate::bridge::BridgeError;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::sync::{Mutex, MutexGuard};

/// What this unit knows of those who take what is published somewhere.
#[derive(Default)]
pub(super) struct Subscribers {
    somebody: AtomicBool,
    /// Those who have a bound and let their senders feel it.
    bounded: Mutex<Vec<(&'static str, WhenFull)>>,
    renewed: Notify,
}

impl Subscribers {
    /// There is somebody who has room.
    pub(super) fn somebody() -> Self {
        let known = Self::default();
        known.somebody.store(true, Ordering::Release);
        known
    }

    /// A subscription of this unit, or one that it keeps events for.
    pub(super) fn add(&self, subscription: &'static str, policy: SubscriptionPolicy) {
        self.somebody.store(true, Ordering::Release);
        if policy.bound.is_some() && policy.when_full != WhenFull::DropOldest {
            self.bounded().push((subscription, policy.when_full));
        }
    }

    fn bounded(&self) -> MutexGuard<'_, Vec<(&'static str, WhenFull)>> {
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

    /// The broker has refused a message. What that means, and whether it is to be tried again; which one of several has no
    /// room, the broker does not say.
    pub(super) fn refused(&self) -> (BridgeError, bool) {
        let bounded = self.bounded();
        let refuses = bounded.iter().find(|(_, when_full)| *when_full == WhenFull::Refuse);
        match refuses.or(bounded.first()) {
            Some((at, when_full)) => (BridgeError::Full { at }, *when_full == WhenFull::Wait),
            None => (BridgeError::Unavailable("the broker could not keep it".into()), true),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_what_the_subscriptions_say() {
        let known = Subscribers::default();
        assert!(!known.is_somebody());
        assert!(matches!(known.refused(), (BridgeError::Unavailable(_), true)));
        known.add("a", SubscriptionPolicy::at_least_once().bound(1).when_full(WhenFull::DropOldest));
        assert!(known.is_somebody() && matches!(known.refused(), (BridgeError::Unavailable(_), true)));
        known.add("b", SubscriptionPolicy::at_least_once().bound(1));
        assert!(matches!(known.refused(), (BridgeError::Full { at: "b" }, true)));
        known.add("c", SubscriptionPolicy::at_least_once().bound(1).when_full(WhenFull::Refuse));
        assert!(matches!(known.refused(), (BridgeError::Full { at: "c" }, false)));
    }
}
