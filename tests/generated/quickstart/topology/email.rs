// The service `email` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Backoff, Command, Key, Kind, Never, Operation, Policy, Subscription,
    SubscriptionPolicy, Worker,
};
use std::time::Duration;

/// Sends the welcome mail.
#[derive(Clone, Copy, Debug)]
pub struct SendWelcome;

impl Operation for SendWelcome {
    type Input = crate::quickstart::contract::Welcome;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "email.v1.send_welcome";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_millis(500))
        .retry(3)
        .backoff(Duration::from_millis(50), Duration::from_millis(200));
}

impl Command for SendWelcome {
    const SUBJECT: &'static str = "shop.command.email.v1.send_welcome";
}

/// The context of `email.send_welcome`.
pub mod send_welcome {
    use super::super::secret;
    use pontoon::generated::MayReveal;

    /// What the handler of `email.send_welcome` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `email.send_welcome`"
    )]
    pub trait Context: pontoon::Context + MayReveal<secret::SmtpPassword> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayReveal<secret::SmtpPassword>> Context for C {}
}

/// What the service `email` does when `user_signed_up` is emitted.
#[derive(Clone, Copy, Debug)]
pub struct Greet;

impl Operation for Greet {
    type Input = crate::quickstart::contract::UserSignedUp;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "email.v1.greet";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(10));
}

impl Subscription for Greet {
    type Event = super::event::UserSignedUp;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_least_once()
        .attempts(5)
        .backoff(Duration::from_millis(100), Duration::from_secs(30))
        .dead_letter()
        .ordered()
        .concurrency(1);

    fn order(payload: &Self::Input) -> Option<Key> {
        Some(Key::of(&payload.id))
    }
}

/// The context of `email.greet`.
pub mod greet {
    use super::super::secret;
    use pontoon::generated::MayReveal;

    /// What the handler of `email.greet` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `email.greet`")]
    pub trait Context: pontoon::Context + MayReveal<secret::SmtpPassword> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayReveal<secret::SmtpPassword>> Context for C {}
}

/// Writes an invoice and sends it.
#[derive(Clone, Copy, Debug)]
pub struct Bill;

impl Operation for Bill {
    type Input = crate::quickstart::contract::Invoice;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Worker;
    const ADDRESS: &'static str = "email.v1.bill";
    const POLICY: Policy = Policy::new()
        .timeout(Duration::from_secs(10))
        .idempotency(Duration::from_hours(168));

    fn key(input: &Self::Input) -> Option<Key> {
        Some(Key::field(&input.number).required())
    }
}

impl Worker for Bill {
    type Queue = super::queue::Invoices;
    const CONCURRENCY: u32 = 4;
    const BACKOFF: Option<Backoff> = Some(
        Backoff::new(Duration::from_secs(2), Duration::from_mins(2)),
    );
}

/// The context of `email.bill`.
pub mod bill {
    use super::super::secret;
    use pontoon::generated::MayReveal;

    /// What the handler of `email.bill` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `email.bill`")]
    pub trait Context: pontoon::Context + MayReveal<secret::SmtpPassword> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayReveal<secret::SmtpPassword>> Context for C {}
}
