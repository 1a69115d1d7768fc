//! Where the entries of a subject are published.

use std::collections::HashMap;
use std::sync::Arc;

use crate::bridge::{BridgeError, Job, JobQueue, Topic};
use crate::contract::listeners::Listeners;
use crate::message::Message;

/// How often an entry is refused for missing rights before it makes room for those behind it. Rights may be given back;
/// with the pauses of the relay these are about ten minutes.
const DENIALS: u32 = 128;

/// Where a unit can publish, by subject.
pub(crate) type Ports = HashMap<&'static str, (Port, Listeners)>;

/// Where the entries of a subject are published.
#[derive(Clone)]
pub(crate) enum Port {
    Topic(Arc<dyn Topic>),
    Queue(Arc<dyn JobQueue>),
}

impl Port {
    /// Whether the bridge can ever carry a message.
    pub(super) fn check(&self, message: &Message) -> Result<(), BridgeError> {
        match self {
            Self::Topic(topic) => topic.check(message),
            Self::Queue(queue) => queue.check(message),
        }
    }

    pub(super) async fn publish(&self, job: Job) -> Result<(), BridgeError> {
        match self {
            Self::Topic(topic) => topic.publish(job.message).await,
            Self::Queue(queue) => queue.push(job).await,
        }
    }

    /// Whether the connection to publish on is known to be down: nothing has to be tried to find that out.
    pub(super) fn is_away(&self) -> bool {
        match self {
            Self::Topic(topic) => topic.is_away(),
            Self::Queue(queue) => queue.is_away(),
        }
    }
}

/// Whether a message is refused for good after so many attempts: another one would end the same.
pub(super) fn is_final(error: &BridgeError, attempts: u32) -> bool {
    match error {
        BridgeError::TooLarge { .. }
        | BridgeError::Malformed(_)
        | BridgeError::Mismatch(_)
        | BridgeError::TooManyHops { .. } => true,
        BridgeError::Denied(_) => attempts >= DENIALS,
        _ => false,
    }
}
