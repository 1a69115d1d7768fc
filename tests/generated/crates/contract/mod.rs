// The modules of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

/// The service `user`.
pub mod user {
    include!("user.rs");
}

/// The service `email`.
pub mod email {
    include!("email.rs");
}
