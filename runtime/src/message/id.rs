//! Identifiers of messages: 128 bits, written as a UUID. Drawing one costs a thread-local counter: no clock, no
//! syscall.

use std::cell::Cell;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Names one message, or one chain of messages. Unique over all processes, and no secret.
///
/// ```
/// use pontoon::{Id, InvalidId};
///
/// let id: Id = "0f8fad5b-d9cb-8469-a165-70867728950e".parse()?;
/// assert_eq!(id.to_string(), "0f8fad5b-d9cb-8469-a165-70867728950e");
/// assert_eq!("0f8fad5b".parse::<Id>(), Err(InvalidId));
/// # Ok::<(), InvalidId>(())
/// ```
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Id(u64, u64);

thread_local! {
    /// What this thread's next identifier is: a prefix and a start from the operating system's randomness, then a
    /// count.
    static NEXT: Cell<(u64, u64)> = {
        let state = RandomState::new();
        Cell::new((state.hash_one(1), state.hash_one(2)))
    };
}

impl Id {
    /// Draws a new identifier.
    #[must_use]
    pub fn random() -> Self {
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

/// As it stands in logs, so that what a debugger or a dead letter shows is found there.
impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, mut text) = (u128::from(*self).to_be_bytes(), [b'-'; 36]);
        write_digits(&mut text[..8], &bytes[..4]);
        write_digits(&mut text[9..13], &bytes[4..6]);
        write_digits(&mut text[14..18], &bytes[6..8]);
        write_digits(&mut text[19..23], &bytes[8..10]);
        write_digits(&mut text[24..], &bytes[10..]);
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Writes bytes in hexadecimal. By hand: every message has several such texts, and what formats numbers takes ten times
/// as long.
pub(crate) fn write_digits(text: &mut [u8], bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for (pair, byte) in text.chunks_exact_mut(2).zip(bytes) {
        pair.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 0xf)]]);
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
        let (mut bits, mut digits) = (0_u128, 0_usize);
        for byte in text.bytes().filter(|byte| *byte != b'-') {
            let digit = char::from(byte).to_digit(16).ok_or(InvalidId)?;
            bits = bits << 4 | u128::from(digit);
            digits += 1;
        }
        if digits == 32 { Ok(bits.into()) } else { Err(InvalidId) }
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
            .map(|_| std::thread::spawn(|| (0..1000).map(|_| Id::random()).collect::<Vec<_>>()))
            .flat_map(|thread| thread.join().unwrap())
            .collect();
        assert_eq!(drawn.iter().collect::<HashSet<_>>().len(), 4000);
    }

    #[test]
    fn an_identifier_survives_its_text() {
        let id = Id::random();
        let text = id.to_string();
        assert_eq!(text.len(), 36);
        assert_eq!(format!("{id:?}"), text);
        assert_eq!(&text[14..15], "8");
        assert_eq!(text.parse(), Ok(id));
        assert_eq!(
            Id::from(0xfedc_ba98_7654_3210_0123_4567_89ab_cdef).to_string(),
            "fedcba98-7654-3210-0123-456789abcdef"
        );
        assert_eq!("FEDCBA98765432100123456789abcdef".parse(), Ok(Id::from(0xfedc_ba98_7654_3210_0123_4567_89ab_cdef)));
        assert_eq!("0".repeat(33).parse::<Id>(), Err(InvalidId));
        assert_eq!("x".parse::<Id>(), Err(InvalidId));
        assert_eq!("é".repeat(16).parse::<Id>(), Err(InvalidId));
    }
}
