// The service `email` of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{
    Command, Environments, Kind, Never, Operation, Policy, Subscription,
    SubscriptionPolicy, WhenFull,
};
use std::time::Duration;

/// Sends the welcome mail.
#[derive(Clone, Copy, Debug)]
pub struct SendWelcome;

impl Operation for SendWelcome {
    type Input = crate::microservices::contract::Welcome;
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

/// Says thank you, unless the mail is lost.
#[derive(Clone, Copy, Debug)]
pub struct Thank;

impl Operation for Thank {
    type Input = crate::microservices::contract::AccountCharged;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Subscription;
    const ADDRESS: &'static str = "email.v1.thank";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(5));
}

impl Subscription for Thank {
    type Event = super::event::AccountCharged;
    const DELIVERY: SubscriptionPolicy = SubscriptionPolicy::at_most_once()
        .concurrency(1)
        .bound(1000)
        .when_full(WhenFull::DropOldest);
    const ENVIRONMENTS: Environments = Environments::only(&["local", "production"]);
}

/// The context of `email.thank`.
pub mod thank {
    use super::super::{secret, user};
    use pontoon::generated::{MayInvoke, MayReveal};

    /// What the handler of `email.thank` may do.
    #[diagnostic::on_unimplemented(message = "this is not the context of `email.thank`")]
    pub trait Context: pontoon::Context + MayInvoke<user::Find> + MayReveal<secret::SmtpPassword> {}

    #[diagnostic::do_not_recommend]
    impl<C> Context for C
    where
        C: pontoon::Context + MayInvoke<user::Find> + MayReveal<secret::SmtpPassword>,
    {}
}
