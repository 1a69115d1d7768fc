// The events of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Event, KnownSubscription};

/// The event `email`.
#[derive(Clone, Copy, Debug)]
pub struct Email;

impl Event for Email {
    type Payload = crate::versions::contract::Note;
    const SUBJECT: &'static str = "names.event.email.v1";
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[
        KnownSubscription::of::<super::user::Event>(),
    ];
}

/// The event `some`.
#[derive(Clone, Copy, Debug)]
pub struct Some;

impl Event for Some {
    type Payload = crate::versions::contract::Note;
    const SUBJECT: &'static str = "names.event.some.v1";
    const MAX_HOPS: Option<u32> = Option::Some(3);
    const SUBSCRIPTIONS: &'static [KnownSubscription] = &[
        KnownSubscription::of::<super::user::Other>(),
    ];
}

/// All subscriptions to them, of every service: what a broker keeps for another is left of an earlier version.
pub const SUBSCRIPTIONS: &[&[KnownSubscription]] = &[
    <Email as Event>::SUBSCRIPTIONS,
    <Some as Event>::SUBSCRIPTIONS,
];
