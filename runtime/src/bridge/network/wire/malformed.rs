//! Messages that cannot be read, and why.

use std::fmt;

use bytes::Bytes;

/// The reason why a message cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed: {}", self.0)
    }
}

/// A message that cannot be read, with its payload.
#[derive(Debug)]
pub struct UnreadableMessage {
    /// What is wrong with it.
    pub malformed: Malformed,
    /// Its payload, as it came.
    pub body: Bytes,
}

/// Why a dead letter was given up, and after how many attempts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct GivenUp<T = String> {
    /// Why it was given up.
    pub reason: T,
    /// How often it was tried.
    pub attempts: u32,
}
