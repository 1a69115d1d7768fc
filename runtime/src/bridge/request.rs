//! Requests and replies: commands that cross a bridge.

use std::fmt;

use bytes::Bytes;
use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::fault::FaultClass;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;

/// A command on its way to the unit that serves it.
#[derive(Clone, Debug)]
pub struct Request {
    /// Where the command is served.
    pub subject: &'static str,
    /// Its input. The same message for every attempt.
    pub message: Message,
    /// When nobody waits for the reply any more. Travels, and is honoured on the other side.
    pub deadline: Instant,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
}

/// What a command answered.
#[derive(Clone, Eq, PartialEq)]
pub enum Reply {
    /// Its output, as JSON.
    Output(Bytes),
    /// Its rejection, as JSON.
    Rejection(Bytes),
    /// It could not answer; what went wrong stands in the log of the unit that serves it.
    Fault {
        /// What that log has it under.
        id: Id,
        /// What kind of fault it was.
        class: FaultClass,
    },
}

/// Without the payload, which is the user's.
impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Output(json) => write!(f, "Output({} bytes)", json.len()),
            Self::Rejection(json) => write!(f, "Rejection({} bytes)", json.len()),
            Self::Fault { id, class } => write!(f, "Fault({id}, {class})"),
        }
    }
}

/// Where requests for one command arrive.
pub trait Endpoint: Send + Sync {
    /// The next request, which is ours from now on: whatever happens, it is not given to anybody else. `None` once the
    /// endpoint has ended. Safe to drop while it waits.
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>>;

    /// Whether requests that nobody takes wait in this process already, and could be given to nobody else. Then they
    /// are taken also while there is no room for them, so that the time for which they have waited counts.
    fn has_them_all(&self) -> bool {
        false
    }

    /// Sends the reply; done once it is on its way.
    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>>;
}

/// A request that has arrived.
#[derive(Clone, Debug)]
pub struct IncomingRequest {
    /// The input, with the deadline among its metadata.
    pub message: Message,
    /// Which attempt of the caller's this is; the first is 1.
    pub attempt: u32,
    /// Where the reply goes; `None` where the caller wants none.
    pub reply_to: Option<ReplyTo>,
}

/// Where a reply goes.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ReplyTo {
    /// The caller's address at the broker.
    pub address: String,
    /// What the caller knows the request by.
    pub correlation: Bytes,
}
