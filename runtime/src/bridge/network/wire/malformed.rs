//! Messages that cannot be read, and why.

use std::fmt;

use bytes::Bytes;

/// What is wrong with a message that cannot be read.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Malformed(pub(crate) String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "malformed: {}", self.0)
    }
}

/// A message that cannot be read, with its payload.
#[derive(Debug)]
pub(crate) struct UnreadableMessage {
    pub(crate) malformed: Malformed,
    pub(crate) body: Bytes,
}

/// Why a dead letter was given up, and after how many attempts.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) struct GivenUp<T = String> {
    pub(crate) reason: T,
    pub(crate) attempts: u32,
}
