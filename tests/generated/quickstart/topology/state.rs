// The state of the topology `shop`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::State;
use std::time::Duration;

/// Everybody who has an account.
#[derive(Clone, Copy, Debug)]
pub struct Users;

impl State for Users {
    type Value = crate::quickstart::contract::User;
    const NAME: &'static str = "users";
}

/// The state collection `sessions`.
#[derive(Clone, Copy, Debug)]
pub struct Sessions;

impl State for Sessions {
    type Value = crate::quickstart::contract::UserId;
    const NAME: &'static str = "sessions";
    const TTL: Option<Duration> = Some(Duration::from_hours(24));
}
