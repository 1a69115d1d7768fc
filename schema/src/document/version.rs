//! Version numbers: of the format, and of services and events.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// The version of the format of this file: 1.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Format;

impl<'de> Deserialize<'de> for Format {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(Error::custom(format!(
                "this file says that it is written in format {other}, and this Pontoon reads format 1: write `pontoon: 1`"
            ))),
        }
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for Format {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Format".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "const": 1, "description": "The version of the format: 1." })
    }
}

/// The version of a service or an event: 1 to 9999.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, serde::Serialize)]
pub struct Version(u16);

impl Version {
    /// The version that counts where none is written.
    pub const FIRST: Self = Self(1);

    /// The version of this number, if it is one.
    pub const fn new(number: u64) -> Option<Self> {
        if number >= 1 && number <= 9_999 { Some(Self(number as u16)) } else { None }
    }

    /// The number.
    pub const fn number(self) -> u32 {
        self.0 as u32
    }

    /// The version out of `v2`, as it stands in a reference.
    pub fn from_reference(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('v')?;
        if digits.is_empty() || digits.starts_with('0') || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
            return None;
        }
        digits.parse().ok().and_then(Self::new)
    }
}

/// As it stands in references, subjects and modules: `v2`.
impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Read;

        impl Visitor<'_> for Read {
            type Value = Version;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a version: a whole number from 1 to 9999, such as `2`")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Version, E> {
                Version::new(number).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
            }
        }

        deserializer.deserialize_u64(Read)
    }
}

#[cfg(feature = "json-schema")]
impl schemars::JsonSchema for Version {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Version".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "integer",
            "minimum": 1,
            "maximum": 9999,
            "description": "A version: a whole number from 1 to 9999.",
            "examples": [1, 2],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_in_references() {
        assert_eq!(Version::from_reference("v2"), Version::new(2));
        for text in ["", "v", "2", "v0", "v01", "v+1", "v10000", "v99999999999"] {
            assert_eq!(Version::from_reference(text), None, "{text}");
        }
    }
}
