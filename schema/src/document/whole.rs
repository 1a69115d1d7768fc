//! Whole numbers between two others.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Unexpected, Visitor};

/// A type for whole numbers of a range, with what it says of itself in errors and in the JSON Schema.
macro_rules! whole_number {
    ($(#[$about:meta])* $name:ident($inner:ident): $least:literal to $most:literal, $is:literal, for example $examples:tt) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
        pub struct $name($inner);

        impl $name {
            /// The number.
            pub const fn number(self) -> $inner {
                self.0
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Read;

                impl Visitor<'_> for Read {
                    type Value = $name;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str(concat!($is, ": a whole number from ", $least, " to ", $most))
                    }

                    fn visit_u64<E: Error>(self, number: u64) -> Result<$name, E> {
                        let known = $inner::try_from(number).ok().filter(|number| ($least..=$most).contains(number));
                        known.map($name).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(number), &self))
                    }
                }

                deserializer.deserialize_u64(Read)
            }
        }

        #[cfg(feature = "json-schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                let article = concat!($is, ": a whole number from ", $least, " to ", $most, ".");
                let description = format!("{}{}", article[..1].to_uppercase(), &article[1..]);
                schemars::json_schema!({
                    "type": "integer",
                    "minimum": $least,
                    "maximum": $most,
                    "description": description,
                    "examples": $examples,
                })
            }
        }
    };
}

whole_number! {
    /// A share of a whole.
    Percent(u8): 0 to 100, "a percentage", for example [10, 100]
}

whole_number! {
    /// On how many servers of a cluster something is kept.
    Replicas(u8): 1 to 5, "a number of servers", for example [1, 3]
}

whole_number! {
    /// How many messages one run of a handler gets at most. More than a thousand share hardly less of what a run costs
    /// than a thousand do, and are all held, and come again, together.
    BatchSize(u16): 2 to 1000, "a number of messages", for example [10, 100]
}
