//! Time zones, by their names in the IANA database.

use std::fmt;
use std::str::FromStr;

use super::scalar::{Malformed, scalar};
use crate::name::shown;

/// A time zone by its name, such as `Europe/Berlin`. Whether there is one of that name, the database says.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct TimeZone(Box<str>);

impl TimeZone {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The longest name, in bytes.
const LONGEST: usize = 64;

impl FromStr for TimeZone {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let is_part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_+-".contains(&byte))
        };
        let begins = text.starts_with(|first: char| first.is_ascii_alphabetic());
        if begins && text.len() <= LONGEST && text.split('/').all(is_part) {
            Ok(Self(text.into()))
        } else {
            Err(Malformed(format!("`{}` is not the name of a time zone, such as `Europe/Berlin`", shown(text))))
        }
    }
}

impl fmt::Display for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    TimeZone,
    expected: "the name of a time zone in the IANA database, such as `Europe/Berlin` or `America/New_York`",
    pattern: "^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$",
    examples: ["UTC", "Europe/Berlin", "America/New_York"]
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_the_database_are_read() {
        for text in ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince"] {
            assert_eq!(text.parse::<TimeZone>().unwrap().as_str(), text);
        }
        for text in ["", "/", "Europe/", "+02:00", "Europe/Berlin ", "Zür/ich", "2", &"a".repeat(65)] {
            assert!(text.parse::<TimeZone>().is_err(), "{text}");
        }
    }
}
