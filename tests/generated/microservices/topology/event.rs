// The events of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Environments, Event, KnownSubscription, Listeners};
use std::time::Duration;

/// Somebody new has an account.
#[derive(Clone, Copy, Debug)]
pub struct UserSignedUp;

impl Event for UserSignedUp {
    type Payload = crate::microservices::contract::UserSignedUp;
    const SUBJECT: &'static str = "shop.event.user_signed_up.v1";
    const LISTENERS: Listeners = Listeners::new().keep(Duration::from_hours(168));
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[
        KnownSubscription::of::<super::billing::Charge>(),
    ];
}

/// Somebody has paid.
#[derive(Clone, Copy, Debug)]
pub struct AccountCharged;

impl Event for AccountCharged {
    type Payload = crate::microservices::contract::AccountCharged;
    const SUBJECT: &'static str = "shop.event.account_charged.v1";
    const ENVIRONMENTS: Environments = Environments::only(
        &["local", "staging", "production"],
    );
    const LISTENERS: Listeners = Listeners::new().ordered();
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[
        KnownSubscription::of::<super::user::Activate>(),
        KnownSubscription::of::<super::email::Thank>(),
    ];
}

/// All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.
pub const SUBSCRIPTIONS: &[&[KnownSubscription]] = &[
    <UserSignedUp as Event>::SUBSCRIPTIONS,
    <AccountCharged as Event>::SUBSCRIPTIONS,
];
