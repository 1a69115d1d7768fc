// The events of the topology `names`.
// Generated from topology.yaml by pontoon-compiler: change it there and build again.

use pontoon::Event;

/// The event `email`.
#[derive(Clone, Copy, Debug)]
pub struct Email;

impl Event for Email {
    type Payload = crate::versions::contract::Note;
    const SUBJECT: &'static str = "names.event.email.v1";
}
