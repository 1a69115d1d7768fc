// The modules of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

/// Who has an account.
pub mod user {
    include!("user.rs");
}

/// The service `email`.
pub mod email {
    include!("email.rs");
}

/// Facts that are published.
pub mod event {
    include!("event.rs");
}

/// Jobs for workers.
pub mod queue {
    include!("queue.rs");
}

/// What handlers keep.
pub mod state {
    include!("state.rs");
}

/// What handlers may read of the secret store.
pub mod secret {
    include!("secret.rs");
}

/// Everything in one process: user, email.
pub mod monolith {
    include!("monolith.rs");
}
