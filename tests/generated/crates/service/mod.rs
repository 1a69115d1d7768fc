// The modules of the topology `split`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

pub use shop_contract::crates::topology::*;
