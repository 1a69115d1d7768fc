//! The payloads of the topology that is measured.

use serde::{Deserialize, Serialize};

/// How often is to be asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Calls {
    /// How many calls.
    pub calls: u64,
}

/// What is asked.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Question {
    /// Any number.
    pub number: u64,
}

/// What is answered.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Answer {
    /// A number made from that of the question.
    pub number: u64,
}

/// How much is to be noted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Notes {
    /// How many events.
    pub events: u64,
    /// How many bytes each has as JSON.
    pub bytes: usize,
}

/// A letter, which has a size.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Letter {
    /// Which one it is.
    pub number: u64,
    /// What it says.
    pub text: String,
}

impl Letter {
    /// A letter whose JSON has so many bytes.
    pub fn new(number: u64, bytes: usize) -> Self {
        let around = r#"{"number":,"text":""}"#.len();
        let digits = number.checked_ilog10().unwrap_or_default() as usize + 1;
        Self { number, text: "x".repeat(bytes.saturating_sub(around + digits)) }
    }
}

/// How many letters are to be posted.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Batch {
    /// How many.
    pub letters: u64,
    /// How many bytes each has as JSON.
    pub bytes: usize,
}
