//! What a broker keeps for a subscription that is gone.

use std::fmt;

/// Something that the broker keeps for a subscription that the topology does not have: it was renamed or removed, or
/// another version of the topology has it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Orphan {
    /// What it is called at the broker: a queue of RabbitMQ, a consumer of JetStream, the client id of a session of
    /// MQTT, or the subject of dead letters.
    pub name: String,
    /// How many messages it holds; nothing where the broker does not tell.
    pub messages: Option<u64>,
}

impl fmt::Display for Orphan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.messages {
            Some(messages) => write!(f, "`{}` ({messages} messages)", self.name),
            None => write!(f, "`{}`", self.name),
        }
    }
}
