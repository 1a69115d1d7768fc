// The state of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::generated::State;
use std::time::Duration;

/// The state collection `user`.
#[derive(Clone, Copy, Debug)]
pub struct User;

impl State for User {
    type Value = crate::versions::contract::Note;
    const NAME: &'static str = "user";
}

/// The state collection `some`.
#[derive(Clone, Copy, Debug)]
pub struct Some;

impl State for Some {
    type Value = crate::versions::contract::Note;
    const NAME: &'static str = "some";
    const TTL: Option<Duration> = Option::Some(Duration::from_hours(1));
}
