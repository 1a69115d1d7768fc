//! What a bridge could not do.

use std::fmt;

use crate::fault::class::FaultClass;

/// A bridge could not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum BridgeError {
    /// There is no room, and the topology says `when_full: refuse`.
    Full {
        /// The subscription or queue.
        at: &'static str,
    },
    /// The bridge is closed: the unit has stopped.
    Closed,
    /// More events and jobs have led to this one than `max_hops` allows.
    TooManyHops {
        /// The event.
        subject: &'static str,
        /// What its topology allows.
        most: u32,
    },
    /// The message is somebody else's by now.
    LeaseLost,
    /// Nobody serves the command.
    NoResponder {
        /// The command.
        subject: &'static str,
    },
    /// The payload is larger than the bridge carries. Nothing was sent.
    TooLarge {
        /// Where it was to go.
        subject: String,
        /// How large it is, in bytes.
        size: usize,
        /// How large it may be, in bytes.
        limit: u64,
    },
    /// A job asks for something that its queue does not do: by what the topology says, or as the bridge cannot.
    Unsupported {
        /// The queue.
        at: &'static str,
        /// What it does not do, and why.
        what: &'static str,
    },
    /// The broker does not let us: wrong credentials, or a permission that is missing.
    Denied(Box<dyn std::error::Error + Send + Sync>),
    /// An object of the broker is missing, or is there with other settings than it has to have.
    Mismatch(String),
    /// A payload could not be written or read.
    Malformed(serde_json::Error),
    /// The broker could not be reached, or refused.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
    /// The outbox could not keep what was sent.
    Outbox(crate::store::StoreError),
}

impl BridgeError {
    /// Whether the same would be refused again, however long one waits.
    #[cfg(feature = "wire")]
    pub(crate) fn is_permanent(&self) -> bool {
        matches!(self, Self::TooLarge { .. } | Self::Malformed(_) | Self::Unsupported { .. })
    }

    pub(crate) fn class(&self) -> FaultClass {
        match self {
            Self::Closed => FaultClass::Stopped,
            Self::TooManyHops { .. } => FaultClass::TooManyHops,
            Self::Malformed(_) | Self::TooLarge { .. } | Self::Unsupported { .. } => FaultClass::Malformed,
            Self::Outbox(error) => error.class(),
            Self::Full { .. }
            | Self::LeaseLost
            | Self::NoResponder { .. }
            | Self::Denied(_)
            | Self::Mismatch(_)
            | Self::Unavailable(_) => FaultClass::Unavailable,
        }
    }
}

impl fmt::Display for BridgeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Full { at } => write!(f, "`{at}` is full"),
            Self::Closed => f.write_str("the bridge is closed: the unit has stopped"),
            Self::TooManyHops { subject, most } => {
                write!(f, "more than {most} events and jobs led to this `{subject}` (max_hops)")
            }
            Self::LeaseLost => {
                f.write_str("its lease has ended, or the channel that it came on: the broker gives it to others")
            }
            Self::NoResponder { subject } => {
                write!(f, "nobody serves `{subject}`: no unit that holds this command is connected to the bridge")
            }
            Self::TooLarge { subject, size, limit } => write!(
                f,
                "a payload of {size} bytes for `{subject}` is more than the bridge carries ({limit} bytes): send less, or a \
                 reference to it"
            ),
            Self::Unsupported { at, what } => write!(f, "`{at}` takes no {what}"),
            Self::Denied(error) => write!(f, "the broker does not permit it: {error}"),
            Self::Mismatch(difference) => f.write_str(difference),
            Self::Malformed(error) => write!(f, "the payload is malformed: {error}"),
            Self::Unavailable(error) => write!(f, "the bridge is unavailable: {error}"),
            Self::Outbox(error) => write!(f, "the outbox: {error}"),
        }
    }
}

impl std::error::Error for BridgeError {}
