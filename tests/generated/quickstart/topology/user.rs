// The service `user` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Command, Exposed, Kind, Never, Operation, Policy, Schedule, Tick, Timetable,
};
use std::time::Duration;

/// Registers a user and welcomes them.
///
/// An address can have one account.
#[derive(Clone, Copy, Debug)]
pub struct SignUp;

impl Operation for SignUp {
    type Input = crate::quickstart::contract::NewUser;
    type Output = crate::quickstart::contract::UserId;
    type Rejection = crate::quickstart::contract::SignUpRejected;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v1.sign_up";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_secs(3))
        .outbox()
        .repeatable();
}

impl Command for SignUp {
    const SUBJECT: &'static str = "shop.command.user.v1.sign_up";
}

impl Exposed for SignUp {}

/// The context of `user.sign_up`.
pub mod sign_up {
    use super::super::{email, event, queue, state};
    use pontoon::generated::{MayEmit, MayEnqueue, MayInvoke, MayUpdate};

    /// What the handler of `user.sign_up` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `user.sign_up`"
    )]
    pub trait Context:
        pontoon::Context + MayInvoke<email::SendWelcome> + MayEmit<event::UserSignedUp>
        + MayEnqueue<queue::Invoices> + MayUpdate<state::Users>
    {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayInvoke<email::SendWelcome>
            + MayEmit<event::UserSignedUp> + MayEnqueue<queue::Invoices>
            + MayUpdate<state::Users>,
    {}
}

/// The command `find` of the service `user`.
#[derive(Clone, Copy, Debug)]
pub struct Find;

impl Operation for Find {
    type Input = crate::quickstart::contract::UserId;
    type Output = Option<crate::quickstart::contract::User>;
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
    use pontoon::generated::{MayRead, MayWrite};

    /// What the handler of `user.find` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.find`")]
    pub trait Context: pontoon::Context + MayRead<state::Users> + MayWrite<state::Sessions> {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayRead<state::Users> + MayWrite<state::Sessions>,
    {}
}

/// What the service `user` does every 1h.
#[derive(Clone, Copy, Debug)]
pub struct Forget;

impl Operation for Forget {
    type Input = Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "user.v1.forget";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(10));
}

impl Schedule for Forget {
    const TIMETABLE: Timetable = Timetable::every(Duration::from_hours(1));
}

/// The context of `user.forget`.
pub mod forget {
    use super::super::state;
    use pontoon::generated::MayWrite;

    /// What the handler of `user.forget` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.forget`")]
    pub trait Context: pontoon::Context + MayWrite<state::Sessions> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayWrite<state::Sessions>> Context for C {}
}

/// What the service `user` does at `0 3 * * *` (Europe/Berlin).
#[derive(Clone, Copy, Debug)]
pub struct Report;

impl Operation for Report {
    type Input = Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "user.v1.report";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(10));
}

impl Schedule for Report {
    const TIMETABLE: Timetable = Timetable::cron("0 3 * * *").zone("Europe/Berlin");
    const SINGLE: bool = true;
    const MAKES_UP: bool = true;
}

/// The context of `user.report`.
pub mod report {
    use super::super::state;
    use pontoon::generated::MayRead;

    /// What the handler of `user.report` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.report`")]
    pub trait Context: pontoon::Context + MayRead<state::Users> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayRead<state::Users>> Context for C {}
}
