// The modules of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.
// Two versions side by side,
// and names.

/// Sends notes.
pub mod email {
    include!("email.rs");
}

/// The service `user`.
pub mod user {
    include!("user.rs");
}

/// Facts that are published.
pub mod event {
    include!("event.rs");
}

/// What handlers keep.
pub mod state {
    include!("state.rs");
}

/// Everything in one process: email.v1, email.v2, user.
pub mod monolith {
    include!("monolith.rs");
}

/// Everything in one process: email.v1, email.v2, user.
pub mod send {
    include!("send.rs");
}
