// The service `user` of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Command, Exposed, Kind, Never, Operation, Policy};
use std::time::Duration;

/// The command `sign_up` of the service `user`.
#[derive(Clone, Copy, Debug)]
pub struct SignUp;

impl Operation for SignUp {
    type Input = crate::crates::types::NewUser;
    type Output = Vec<
        (crate::crates::types::NewUser, Option<crate::crates::types::NewUser>),
    >;
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "user.v1.sign_up";
    const POLICY: Policy = Policy::new().timeout(Duration::from_secs(2));
}

impl Command for SignUp {
    const SUBJECT: &'static str = "split.command.user.v1.sign_up";
}

impl Exposed for SignUp {}

/// The context of `user.sign_up`.
pub mod sign_up {
    use super::super::email;
    use pontoon::generated::MayInvoke;

    /// What the handler of `user.sign_up` may do.
    #[diagnostic::on_unimplemented(
        message = "this is not the context of `user.sign_up`"
    )]
    pub trait Context: pontoon::Context + MayInvoke<email::SendWelcome> {}

    #[diagnostic::do_not_recommend]
    impl<C: pontoon::Context + MayInvoke<email::SendWelcome>> Context for C {}
}
