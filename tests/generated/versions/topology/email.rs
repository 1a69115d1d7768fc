// The service `email` of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

/// Version 1 of the service `email`.
pub mod v1 {
    use pontoon::generated::{Command, Exposed, Kind, Never, Operation, Policy};
    use std::time::Duration;

    /// The command `send` of the service `email.v1`.
    #[derive(Clone, Copy, Debug)]
    pub struct Send;

    impl Operation for Send {
        type Input = String;
        type Output = ();
        type Rejection = Never;
        const KIND: Kind = Kind::Command;
        const ADDRESS: &'static str = "email.v1.send";
        const POLICY: Policy = Policy::new().timeout(Duration::from_secs(1));
    }

    impl Command for Send {
        const SUBJECT: &'static str = "names.command.email.v1.send";
    }

    impl Exposed for Send {}

    /// The context of `email.v1.send`.
    pub mod send {
        /// What the handler of `email.v1.send` may do.
        pub trait Context: pontoon::Context {}

        impl<C: pontoon::Context> Context for C {}
    }
}

/// Version 2 of the service `email`.
pub mod v2 {
    use pontoon::generated::{Command, Exposed, Kind, Never, Operation, Policy};
    use std::time::Duration;

    /// The command `send` of the service `email.v2`.
    #[derive(Clone, Copy, Debug)]
    pub struct Send;

    impl Operation for Send {
        type Input = crate::versions::contract::Note;
        type Output = ();
        type Rejection = Never;
        const KIND: Kind = Kind::Command;
        const ADDRESS: &'static str = "email.v2.send";
        const POLICY: Policy = Policy::new().timeout(Duration::from_secs(1));
    }

    impl Command for Send {
        const SUBJECT: &'static str = "names.command.email.v2.send";
    }

    impl Exposed for Send {}

    /// The context of `email.v2.send`.
    pub mod send {
        use super::super::super::event;
        use pontoon::generated::MayEmit;

        /// What the handler of `email.v2.send` may do.
        #[diagnostic::on_unimplemented(
            message = "this is not the context of `email.v2.send`"
        )]
        pub trait Context: pontoon::Context + MayEmit<event::Email> {}

        #[diagnostic::do_not_recommend]
        impl<C: pontoon::Context + MayEmit<event::Email>> Context for C {}
    }
}
