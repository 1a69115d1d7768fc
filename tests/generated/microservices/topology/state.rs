// The state of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::State;

/// Everybody who has an account.
#[derive(Clone, Copy, Debug)]
pub struct Users;

impl State for Users {
    type Value = crate::microservices::contract::User;
    const NAME: &'static str = "users";
}

/// What everybody has paid so far.
#[derive(Clone, Copy, Debug)]
pub struct Balances;

impl State for Balances {
    type Value = u64;
    const NAME: &'static str = "balances";
}
