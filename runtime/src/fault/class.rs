//! The classes of faults.

use std::fmt;

/// What kind of fault it was: what a caller may act on.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum FaultClass {
    /// The handler returned an error.
    Failed,
    /// The handler panicked.
    Panicked,
    /// The time-out or the deadline was over.
    TimedOut,
    /// A bridge or a store could not be reached, or has no room.
    Unavailable,
    /// What was written has been changed by somebody else in between.
    Conflict,
    /// A message went round more often than `max_hops` allows.
    TooManyHops,
    /// A payload could not be read.
    Malformed,
    /// An idempotency key came with another input than before.
    KeyReused,
    /// The unit is stopping, or has stopped.
    Stopped,
}

impl FaultClass {
    /// Whether another attempt may end otherwise.
    #[must_use]
    pub fn is_transient(self) -> bool {
        !matches!(self, Self::TooManyHops | Self::Malformed | Self::KeyReused | Self::Stopped)
    }

    /// The class as it stands in logs: `timed_out`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Failed => "failed",
            Self::Panicked => "panicked",
            Self::TimedOut => "timed_out",
            Self::Unavailable => "unavailable",
            Self::Conflict => "conflict",
            Self::TooManyHops => "too_many_hops",
            Self::Malformed => "malformed",
            Self::KeyReused => "key_reused",
            Self::Stopped => "stopped",
        }
    }

    /// The class that a text names; one that this version does not know has failed.
    #[must_use]
    pub fn named(text: &str) -> Self {
        let all = [
            Self::Panicked,
            Self::TimedOut,
            Self::Unavailable,
            Self::Conflict,
            Self::TooManyHops,
            Self::Malformed,
            Self::KeyReused,
            Self::Stopped,
        ];
        all.into_iter().find(|class| class.as_str() == text).unwrap_or(Self::Failed)
    }
}

impl fmt::Display for FaultClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
