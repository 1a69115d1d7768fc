// The state of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::State;

/// The state collection `user`.
#[derive(Clone, Copy, Debug)]
pub struct User;

impl State for User {
    type Value = crate::versions::contract::Note;
    const NAME: &'static str = "user";
}
