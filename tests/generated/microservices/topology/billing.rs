// The service `billing` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Key, Kind, Never, Operation, Policy, Subscription, SubscriptionPolicy,
};
use std::time::Duration;

/// Opens the account of a new user.
#[derive(Clone, Copy, Debug)]
pub struct Charge;

impl Operation for Charge {
    type Input = crate::microservices::contract::UserSignedUp;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "billing.v1.charge";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_secs(5))
        .idempotency(Duration::from_hours(168))
        .outbox();

    fn key(input: &Self::Input) -> Option<Key> {
        Some(Key::field(&input.id).required())
    }
}

impl Subscription for Charge {
    type Event = super::event::UserSignedUp;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once()
        .attempts(8)
        .backoff(Duration::from_secs(1), Duration::from_mins(1))
        .dead_letter()
        .concurrency(1);
}

/// The context of `billing.charge`.
pub mod charge {
    use super::super::{event, state};
    use pontoon::generated::{MayEmit, MayUpdate};

    /// What the handler of `billing.charge` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `billing.charge`"
    )]
    pub trait Context:
        pontoon::Context + MayEmit<event::AccountCharged> + MayUpdate<state::Balances>
    {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayEmit<event::AccountCharged>
            + MayUpdate<state::Balances>,
    {}
}
