// The modules of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

/// Who has an account.
pub mod user {
    include!("user.rs");
}

/// Letters to users.
pub mod email {
    include!("email.rs");
}

/// What users owe.
pub mod billing {
    include!("billing.rs");
}

/// Facts that are published.
pub mod event {
    include!("event.rs");
}

/// What handlers keep.
pub mod state {
    include!("state.rs");
}

/// What handlers may read of the secret store.
pub mod secret {
    include!("secret.rs");
}

/// Everything in one process: user, email, billing.
pub mod monolith {
    include!("monolith.rs");
}

/// A process for each team.
pub mod microservices {
    /// The unit `accounts` of `microservices`: user.
    pub mod accounts {
        include!("microservices.accounts.rs");
    }

    /// The unit `mail` of `microservices`: email.
    pub mod mail {
        include!("microservices.mail.rs");
    }

    /// The unit `billing` of `microservices`: billing.
    pub mod billing {
        include!("microservices.billing.rs");
    }
}

/// The way in for callers from outside.
pub mod client {
    include!("client.rs");
}

/// What the topology says of adapters from elsewhere, and what they say of themselves.
const _: () = {
    use pontoon::generated::{Bound, Bridge, Ordering, agree};
    use std::time::Duration;
    agree::<
        crate::microservices::relay::Relay,
    >(
        "crate::microservices::relay::Relay",
        "environments.relayed.event_bridge in topology.yaml",
        &Bridge {
            durable: true,
            request_reply: true,
            competing_consumers: true,
            ordering: Ordering::ByKey,
            bound: Bound::DropOldest,
            dead_letter: true,
            largest_payload: 1048576,
            longest_hold: Some(Duration::from_hours(2)),
            crosses_processes: true,
            ..Bridge::CUSTOM
        },
    );
};
