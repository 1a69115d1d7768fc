//! What travels between the services of the system.

use std::collections::{BTreeMap, HashSet};
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The text of a note whose `Deserialize` panics.
pub const PANICS_WHEN_READ: &str = "panics when it is read";

/// The text of a note whose `Clone` panics.
pub const PANICS_WHEN_CLONED: &str = "panics when it is cloned";

/// The text of a note whose `Serialize` panics.
pub const PANICS_WHEN_WRITTEN: &str = "panics when it is written";

/// The payload of every event and of every command that is not a [`Batch`].
#[derive(Debug, Default, Eq, PartialEq, Serialize, Deserialize)]
pub struct Note {
    /// What belongs together, and stays in order where order is promised.
    pub key: String,
    /// Which one it is, in its test.
    pub number: u64,
    /// Anything.
    #[serde(serialize_with = "write_text", deserialize_with = "read_text")]
    pub text: String,
}

impl Clone for Note {
    fn clone(&self) -> Self {
        let Self { key, number, text } = self;
        assert_ne!(text, PANICS_WHEN_CLONED, "a Clone of the user's");
        Self { key: key.clone(), number: *number, text: text.clone() }
    }
}

fn write_text<S: Serializer>(text: &str, serializer: S) -> Result<S::Ok, S::Error> {
    assert_ne!(text, PANICS_WHEN_WRITTEN, "a Serialize of the user's");
    text.serialize(serializer)
}

fn read_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = String::deserialize(deserializer)?;
    assert_ne!(text, PANICS_WHEN_READ, "a Deserialize of the user's");
    Ok(text)
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

/// Values that not every encoding has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Odd {
    /// Of double precision.
    pub doubles: Vec<f64>,
    /// Of single precision.
    pub singles: Vec<f32>,
    /// As wide as they come.
    pub wide: (u64, i64, u128, i128),
    /// By numbers.
    pub by_number: BTreeMap<i64, String>,
    /// By truth values.
    pub by_truth: BTreeMap<bool, u8>,
    /// By what is no text.
    pub by_pair: BTreeMap<(u8, u8), u8>,
    /// In no order.
    pub set: HashSet<u32>,
    /// Nothing, or something.
    pub option: Option<u8>,
    /// Nothing, or nothing in something.
    pub nested: Option<Option<u8>>,
    /// Nothing, or something without a value.
    pub unit: Option<()>,
    /// Any text.
    pub texts: Vec<String>,
    /// Any characters.
    pub characters: Vec<char>,
    /// Any bytes.
    pub bytes: Vec<u8>,
}

/// The key that `back.answer` answers to with a note that cannot be written.
pub const UNWRITABLE: &str = "unwritable";

/// Notes to be emitted, one after the other.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Batch {
    /// As which event.
    pub event: Which,
    /// In this order.
    pub notes: Vec<Note>,
}

/// A payment.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Payment {
    /// Which one it is: who pays says the same number when it asks again.
    pub number: u64,
    /// Of whom.
    pub account: String,
    /// Whose process ends with it, if one does.
    pub poison: Option<Poison>,
}

/// A handler that ends its process.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Poison {
    /// `book.record`.
    Record,
    /// `clerk.issue`.
    Issue,
}

/// A receipt that is to be issued.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Receipt {
    /// Of which payment.
    pub number: u64,
    /// Whether `clerk.issue` ends its process with it.
    pub poison: bool,
}

/// A payment was taken.
#[derive(Clone, Debug, Eq, PartialEq, Serialize, Deserialize)]
pub struct Paid {
    /// Which one it is.
    pub number: u64,
    /// Of whom.
    pub account: String,
    /// Which one of its account it is; the first is 1.
    pub place: u64,
    /// Whether `book.record` ends its process with it.
    pub poison: bool,
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
