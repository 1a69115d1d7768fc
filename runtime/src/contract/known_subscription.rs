//! A subscription as everybody knows it who is not the one that hears: those who publish, and those who tidy up.

use crate::contract::presence::Environments;
use crate::contract::subscription_policy::SubscriptionPolicy;

/// A subscription of the topology, as brokers know it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct KnownSubscription {
    /// Where its events are published, such as `shop.event.user_signed_up.v1`.
    pub subject: &'static str,
    /// Its own name, such as `email.v1.greet`.
    pub subscription: &'static str,
    /// How they are delivered: where they may be lost, some brokers keep nothing for it.
    pub delivery: SubscriptionPolicy,
    /// Where it exists.
    pub environments: Environments,
}

impl KnownSubscription {
    /// One that exists everywhere.
    #[must_use]
    pub const fn new(subject: &'static str, subscription: &'static str, delivery: SubscriptionPolicy) -> Self {
        Self { subject, subscription, delivery, environments: Environments::all() }
    }
}
