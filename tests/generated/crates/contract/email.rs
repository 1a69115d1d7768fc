// The service `email` of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::{Command, Kind, Never, Operation, Policy};
use std::time::Duration;

/// The command `send_welcome` of the service `email`.
#[derive(Clone, Copy, Debug)]
pub struct SendWelcome;

impl Operation for SendWelcome {
    type Input = crate::crates::types::NewUser;
    type Output = ();
    type Rejection = Never;
    const KIND: Kind = Kind::Command;
    const ADDRESS: &'static str = "email.v1.send_welcome";
    const POLICY: Policy = Policy::new().timeout(Duration::from_millis(500));
}

impl Command for SendWelcome {
    const SUBJECT: &'static str = "split.command.email.v1.send_welcome";
}

/// The context of `email.send_welcome`.
pub mod send_welcome {
    /// What the handler of `email.send_welcome` may do.
    pub trait Context: pontoon::Context {}

    impl<C: pontoon::Context> Context for C {}
}
