// The service `user` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Command, Environments, Exposed, Key, Kind, Never, Operation, Policy, Subscription,
    SubscriptionPolicy,
};
use std::time::Duration;

/// Registers a user and welcomes them.
#[derive(Clone, Copy, Debug)]
pub struct SignUp;

impl Operation for SignUp {
    type Input = crate::microservices::contract::NewUser;
    type Output = crate::microservices::contract::UserId;
    type Rejection = crate::microservices::contract::SignUpRejected;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v1.sign_up";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_secs(3))
        .idempotency(Duration::from_hours(24))
        .outbox();

    fn key(input: &Self::Input) -> Option<Key> {
        Some(Key::field(&input.email).required())
    }
}

impl Command for SignUp {
    const SUBJECT: &'static str = "shop.command.user.v1.sign_up";
}

impl Exposed for SignUp {}

/// The context of `user.sign_up`.
pub mod sign_up {
    use super::super::{email, event, state};
    use pontoon::generated::{MayEmit, MayInvoke, MayUpdate};

    /// What the handler of `user.sign_up` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `user.sign_up`"
    )]
    pub trait Context:
        pontoon::Context + MayInvoke<email::SendWelcome> + MayEmit<event::UserSignedUp>
        + MayUpdate<state::Users>
    {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayInvoke<email::SendWelcome>
            + MayEmit<event::UserSignedUp> + MayUpdate<state::Users>,
    {}
}

/// Looks a user up.
#[derive(Clone, Copy, Debug)]
pub struct Find;

impl Operation for Find {
    type Input = crate::microservices::contract::UserId;
    type Output = Option<crate::microservices::contract::User>;
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v1.find";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(1));
}

impl Command for Find {
    const SUBJECT: &'static str = "shop.command.user.v1.find";
}

impl Exposed for Find {}

/// The context of `user.find`.
pub mod find {
    use super::super::state;
    use pontoon::generated::MayRead;

    /// What the handler of `user.find` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.find`")]
    pub trait Context: pontoon::Context + MayRead<state::Users> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayRead<state::Users>> Context for C {}
}

/// Lets those in who have paid.
#[derive(Clone, Copy, Debug)]
pub struct Activate;

impl Operation for Activate {
    type Input = crate::microservices::contract::AccountCharged;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "user.v1.activate";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(2));
}

impl Subscription for Activate {
    type Event = super::event::AccountCharged;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once()
        .attempts(5)
        .backoff(Duration::from_millis(100), Duration::from_secs(30))
        .dead_letter()
        .ordered()
        .concurrency(1);
    const ENVIRONMENTS: Environments = Environments::only(
        &["local", "staging", "production"],
    );

    fn order(payload: &Self::Input) -> Option<Key> {
        Some(Key::of(&payload.id))
    }
}

/// The context of `user.activate`.
pub mod activate {
    use super::super::state;
    use pontoon::generated::MayWrite;

    /// What the handler of `user.activate` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `user.activate`"
    )]
    pub trait Context: pontoon::Context + MayWrite<state::Users> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayWrite<state::Users>> Context for C {}
}
