//! Whether a unit, a bridge or a store can do its work, and what went by without anybody being told.

use std::fmt;

/// Whether something can do its work now.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub enum Health {
    /// It can.
    #[default]
    Ready,
    /// It cannot, or not all of it, for this reason. It goes on trying.
    Degraded(String),
}

impl Health {
    /// Whether it can do its work.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        *self == Self::Ready
    }

    /// Both together, with the reasons of both.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Ready, other) => other,
            (Self::Degraded(one), Self::Degraded(other)) if one != other => Self::Degraded(format!("{one}; {other}")),
            (degraded, _) => degraded,
        }
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ready => f.write_str("ready"),
            Self::Degraded(reason) => write!(f, "degraded: {reason}"),
        }
    }
}

/// What went by on a bridge without anybody being told, since the process started, and what the outbox has.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Counters {
    /// Replies that came when nobody waited for them any more.
    pub late_replies: u64,
    /// Events of at-most-once subscriptions that did not arrive, by the gaps in their publishers' sequences. Means
    /// something where one instance has all events of a subscription.
    pub lost: u64,
    /// Messages that could not be read and had nowhere to go, and dead letters that no broker keeps.
    pub malformed: u64,
    /// Replies that were not sent, because their requests named an address that is no caller's.
    pub refused_replies: u64,
    /// Entries of the outbox that this process has given up.
    pub outbox_dead: u64,
    /// Entries of the outbox that waited for their turn when this process last looked, up to a hundred for each
    /// subject.
    pub outbox_waiting: u64,
}

impl Counters {
    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            late_replies: self.late_replies + other.late_replies,
            lost: self.lost + other.lost,
            malformed: self.malformed + other.malformed,
            refused_replies: self.refused_replies + other.refused_replies,
            outbox_dead: self.outbox_dead + other.outbox_dead,
            outbox_waiting: self.outbox_waiting + other.outbox_waiting,
        }
    }
}
