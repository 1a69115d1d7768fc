//! In which environments something exists.

use super::{EnvironmentId, EventId, Located, Subscription, SubscriptionId, Topology};

/// The environments that something exists in. `None`: all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Presence(pub Option<Vec<Located<EnvironmentId>>>);

impl Presence {
    /// Whether it exists in this environment.
    pub fn has(&self, environment: EnvironmentId) -> bool {
        self.0.as_ref().is_none_or(|named| named.iter().any(|named| named.value == environment))
    }

    /// The environments that are named.
    pub fn named(&self) -> &[Located<EnvironmentId>] {
        self.0.as_deref().unwrap_or_default()
    }
}

impl Topology {
    /// Whether an event exists in an environment.
    pub fn has_event(&self, environment: EnvironmentId, event: EventId) -> bool {
        self.events[event].environments.has(environment)
    }

    /// Whether a subscription exists in an environment: itself, and its event.
    pub fn has_subscription(&self, environment: EnvironmentId, subscription: SubscriptionId) -> bool {
        let Subscription { event, environments, .. } = &self.subscriptions[subscription];
        environments.has(environment) && self.has_event(environment, event.value)
    }

    /// Where a subscription exists: itself, and its event.
    pub fn presence(&self, subscription: SubscriptionId) -> Presence {
        let Subscription { event, environments, .. } = &self.subscriptions[subscription];
        let of_event = &self.events[event.value].environments;
        match &environments.0 {
            None => of_event.clone(),
            Some(named) => Presence(Some(named.iter().filter(|named| of_event.has(named.value)).copied().collect())),
        }
    }
}
