//! What travels between the services of the system.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The payload of every event and of every command that is not a [`Batch`].
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// What belongs together, and stays in order where order is promised.
    pub key: String,
    /// Which one it is, in its test.
    pub number: u64,
    /// Anything.
    pub text: String,
}

impl Note {
    /// A note that only has a number.
    #[must_use]
    pub fn of(number: u64) -> Self {
        Self { number, ..Self::default() }
    }

    /// One with a key.
    #[must_use]
    pub fn keyed(key: &str, number: u64) -> Self {
        Self { key: key.to_owned(), number, text: String::new() }
    }
}

/// Notes to be emitted, one after the other.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// As which event.
    pub event: Which,
    /// In this order.
    pub notes: Vec<Note>,
}

/// Which event is emitted.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// At least once, to two services.
    Noted,
    /// At most once, to two services.
    Hinted,
    /// At least once, in the order of each key.
    Stepped,
    /// At least once, with one effect.
    Charged,
}

/// The key that `back.answer` says no to.
pub const REFUSED: &str = "refuse";

/// `back.answer` says no.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Refused {
    /// The number that it was asked with.
    pub number: u64,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "number {} is refused", self.number)
    }
}

impl std::error::Error for Refused {}
