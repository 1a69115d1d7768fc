// The modules of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

pub use shop_contract::crates::topology::*;

/// Everything in one process: user, email.
pub mod monolith {
    include!("monolith.rs");
}
