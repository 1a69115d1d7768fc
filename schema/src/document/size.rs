//! Amounts of memory or disk, `64MiB`.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// A number of bytes that is more than nothing: a whole number and one unit, `B`, `KiB`, `MiB` or `GiB`.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Size {
    bytes: u64,
}

const UNITS: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

impl Size {
    /// So many bytes; at least one.
    pub const fn from_bytes(bytes: u64) -> Self {
        Self { bytes: if bytes == 0 { 1 } else { bytes } }
    }

    /// The size in bytes.
    pub const fn as_bytes(self) -> u64 {
        self.bytes
    }
}

impl FromStr for Size {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let shown = shown(text);
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at(digits);
        let Some((_, scale)) = UNITS.iter().find(|(name, _)| *name == unit).filter(|_| digits > 0) else {
            return Err(Malformed(format!(
                "`{shown}` is not a size: a whole number and a unit (B, KiB, MiB or GiB) were expected, such as `64MiB`"
            )));
        };
        match number.parse::<u64>().ok().and_then(|number| number.checked_mul(*scale)) {
            Some(0) => Err(Malformed(format!("`{shown}` holds nothing: a size is more than zero"))),
            Some(bytes) => Ok(Self { bytes }),
            None => Err(Malformed(format!("`{shown}` is more than can be counted"))),
        }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = UNITS.iter().rev().find(|(_, scale)| self.bytes.is_multiple_of(*scale));
        let (unit, scale) = whole.copied().unwrap_or(("B", 1));
        write!(f, "{}{unit}", self.bytes / scale)
    }
}

scalar!(
    Size,
    expected: "a size: a whole number and a unit (`B`, `KiB`, `MiB` or `GiB`), such as `64MiB`",
    pattern: r"^0*[1-9][0-9]*(B|KiB|MiB|GiB)$",
    examples: ["512B", "256KiB", "64MiB", "1GiB"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_and_written() {
        for text in ["1B", "1000B", "256KiB", "64MiB", "2GiB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in ["", "MiB", "64", "64MB", "64 MiB", "0B", "-1B", "99999999999GiB", "18446744073709551616B"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
