//! What all values written as one word have in common: read from text, written as text, a pattern for editors.

use std::fmt;

/// Why a text is not the value it should be. It completes the sentence "`30x` is …".
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Malformed(pub String);

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Malformed {}

/// Ties a type that has `FromStr` and `Display` to serde and to the JSON Schema.
///
/// The type is read as a newtype struct under its own name: a reader of another format sees a string, the compiler's
/// own reader also learns what kind of word it was and picks the diagnostic's code by it.
macro_rules! scalar {
    ($name:ident, expected: $expected:literal, pattern: $pattern:expr, examples: [$($example:literal),* $(,)?]) => {
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read;

                impl<'de> serde::de::Visitor<'de> for Read {
                    type Value = $name;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str($expected)
                    }

                    fn visit_newtype_struct<D: serde::Deserializer<'de>>(self, inner: D) -> Result<$name, D::Error> {
                        inner.deserialize_str(self)
                    }

                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }

                deserializer.deserialize_newtype_struct(stringify!($name), Read)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        #[cfg(feature = "json-schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": concat!("Here stands ", $expected, "."),
                    "pattern": $pattern,
                    "examples": [$($example),*],
                })
            }
        }
    };
}

pub(super) use scalar;
