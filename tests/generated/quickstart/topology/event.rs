// The events of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Event, KnownSubscription, Listeners};

/// Somebody new has an account.
#[derive(Clone, Copy, Debug)]
pub struct UserSignedUp;

impl Event for UserSignedUp {
    type Payload = crate::quickstart::contract::UserSignedUp;
    const SUBJECT: &'static str = "shop.event.user_signed_up.v1";
    const LISTENERS: Listeners = Listeners::new().ordered();
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[
        KnownSubscription::of::<super::email::Greet>(),
    ];
}

/// All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.
pub const SUBSCRIPTIONS: &[&[KnownSubscription]] = &[
    <UserSignedUp as Event>::SUBSCRIPTIONS,
];
