//! Identifiers of messages: 128 bits, written as a UUID. Drawing one costs a thread-local counter: no clock, no syscall.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names one message, or one chain of messages. Unique over all processes, and no secret.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(u64, u64);

thread_local! {
    /// What this thread's next identifier is: a prefix and a start from the operating system's randomness, then a count.
    static NEXT: Cell<(u64, u64)> = {
        let state = RandomState::new();
        Cell::new((state.hash_one(1), state.hash_one(2)))
    };
}

impl Id {
    /// Draws a new identifier.
    #[must_use]
    pub fn draw() -> Self {
        NEXT.with(|next| {
            let (prefix, count) = next.get();
            next.set((prefix, count.wrapping_add(1)));
            // The bits that a UUID of version 8 (our own scheme) has in these places.
            Self(prefix & !0xf000 | 0x8000, count & (u64::MAX >> 2) | 1 << 63)
        })
    }
}

impl From<u128> for Id {
    fn from(bits: u128) -> Self {
        Self((bits >> 64) as u64, bits as u64)
    }
}

impl From<Id> for u128 {
    fn from(id: Id) -> Self {
        Self::from(id.0) << 64 | Self::from(id.1)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (high, low) = (self.0, self.1);
        write!(f, "{:08x}-{:04x}-{:04x}-", high >> 32, high >> 16 & 0xffff, high & 0xffff)?;
        write!(f, "{:04x}-{:012x}", low >> 48, low & 0xffff_ffff_ffff)
    }
}

/// The text is not an identifier: 32 hexadecimal digits, with or without hyphens.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InvalidId;

impl fmt::Display for InvalidId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an identifier: expected a UUID")
    }
}

impl std::error::Error for InvalidId {}

impl FromStr for Id {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let digits: String = text.chars().filter(|c| *c != '-').collect();
        if digits.len() != 32 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(InvalidId);
        }
        let half = |text: &str| u64::from_str_radix(text, 16).map_err(|_| InvalidId);
        Ok(Self(half(&digits[..16])?, half(&digits[16..])?))
    }
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn identifiers_are_unique_over_threads() {
        let drawn: Vec<_> = (0..4)
            .map(|_| std::thread::spawn(|| (0..1000).map(|_| Id::draw()).collect::<Vec<_>>()))
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 4000);
    }

    #[test]
    fn an_identifier_survives_its_text() {
        let id = Id::draw();
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(&text[14..15], "8");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!("x".parse::<Id>(), Err(InvalidId));
        assert_eq!("é".repeat(16).parse::<Id>(), Err(InvalidId));
    }
}
