// The service `user` of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Exposed, Key, Kind, Never, Operation, Policy, Subscription, SubscriptionPolicy,
    Timetable,
};
use std::time::Duration;

/// The command `email` of the service `user`.
#[derive(Clone, Copy, Debug)]
pub struct Email;

impl Operation for Email {
    type Input = crate::versions::contract::Note;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v3.email";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(3));
}

impl pontoon::generated::Command for Email {
    const SUBJECT: &'static str = "names.command.user.v3.email";
}

impl Exposed for Email {}

/// The context of `user.email`.
pub mod email {
    use super::super::email;
    use pontoon::generated::MayInvoke;

    /// What the handler of `user.email` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.email`")]
    pub trait Context: pontoon::Context + MayInvoke<email::v1::Send> + MayInvoke<email::v2::Send> {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayInvoke<email::v1::Send> + MayInvoke<email::v2::Send>,
    {}
}

/// The command `command` of the service `user`.
#[derive(Clone, Copy, Debug)]
pub struct Command;

impl Operation for Command {
    type Input = crate::versions::contract::Note;
    type Output = Option<crate::versions::contract::Note>;
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v3.command";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(1));
}

impl pontoon::generated::Command for Command {
    const SUBJECT: &'static str = "names.command.user.v3.command";
}

impl Exposed for Command {}

/// The context of `user.command`.
pub mod command {
    use super::super::state;
    use pontoon::generated::MayWrite;

    /// What the handler of `user.command` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `user.command`"
    )]
    pub trait Context: pontoon::Context + MayWrite<state::User> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayWrite<state::User>> Context for C {}
}

/// The command `some` of the service `user`.
#[derive(Clone, Copy, Debug)]
pub struct Some;

impl Operation for Some {
    type Input = crate::versions::contract::Thing;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v3.some";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_secs(1))
        .idempotency(Duration::from_hours(1));

    fn key(input: &Self::Input) -> Option<Key> {
        Option::Some(Key::field(&input.id).required())
    }
}

impl pontoon::generated::Command for Some {
    const SUBJECT: &'static str = "names.command.user.v3.some";
}

impl Exposed for Some {}

/// The context of `user.some`.
pub mod some {
    use super::super::{event, state};
    use pontoon::generated::{MayEmit, MayWrite};

    /// What the handler of `user.some` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `user.some`")]
    pub trait Context: pontoon::Context + MayEmit<event::Some> + MayWrite<state::Some> {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayEmit<event::Some> + MayWrite<state::Some>,
    {}
}

/// What the service `user` does when `email` is emitted.
#[derive(Clone, Copy, Debug)]
pub struct Event;

impl Operation for Event {
    type Input = crate::versions::contract::Note;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "user.v3.event";
}

impl Subscription for Event {
    type Event = super::event::Email;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once()
        .concurrency(1);
}

/// The context of `user.event`.
pub mod event {
    /// What the handler of `user.event` may do.
    pub trait Context: pontoon::Context {}

    impl<C: pontoon::Context> Context for C {}
}

/// What the service `user` does when `some` is emitted.
#[derive(Clone, Copy, Debug)]
pub struct Other;

impl Operation for Other {
    type Input = crate::versions::contract::Note;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "user.v3.other";
}

impl Subscription for Other {
    type Event = super::event::Some;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once()
        .concurrency(1)
        .batch(10, Duration::from_millis(50));
}

/// The context of `user.other`.
pub mod other {
    /// What the handler of `user.other` may do.
    pub trait Context: pontoon::Context {}

    impl<C: pontoon::Context> Context for C {}
}

/// What the service `user` does every 90s.
#[derive(Clone, Copy, Debug)]
pub struct Schedule;

impl Operation for Schedule {
    type Input = pontoon::generated::Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "user.v3.schedule";
}

impl pontoon::generated::Schedule for Schedule {
    const TIMETABLE: Timetable = Timetable::every(Duration::from_secs(90));
}

/// The context of `user.schedule`.
pub mod schedule {
    /// What the handler of `user.schedule` may do.
    pub trait Context: pontoon::Context {}

    impl<C: pontoon::Context> Context for C {}
}

/// What the service `user` does at `*/5 * * * *` (UTC).
#[derive(Clone, Copy, Debug)]
pub struct Tick;

impl Operation for Tick {
    type Input = pontoon::generated::Tick;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Schedule;
    const ADDRESS: &'static str = "user.v3.tick";
}

impl pontoon::generated::Schedule for Tick {
    const TIMETABLE: Timetable = Timetable::cron("*/5 * * * *");
}

/// The context of `user.tick`.
pub mod tick {
    /// What the handler of `user.tick` may do.
    pub trait Context: pontoon::Context {}

    impl<C: pontoon::Context> Context for C {}
}
