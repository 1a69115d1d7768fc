//! Allowances: warnings that are meant.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::scalar::{Malformed, scalar};
use super::{Date, Name};
use crate::name::shown;

/// A warning that is allowed, for example
/// `{ rule: unheard_event, at: events.audit, reason: "read by the data team", until: "2027-03-01" }`. An allowance that
/// matches nothing, or is out of date, is itself reported.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Allowance {
    /// The rule, as `cargo pontoon explain` knows it, for example `unheard_event`.
    pub rule: Name,
    /// The place in this topology where it is allowed, as the keys on the way with dots between them, for example
    /// `events.audit` or `services.user.commands.sign_up`. It holds for everything below. Left out: everywhere.
    pub at: Option<Place>,
    /// Why it is right as it is. For the one who reads this next.
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub reason: String,
    /// The last day on which this holds, in quotes, for example `"2027-03-01"`. Left out: for good.
    pub until: Option<Date>,
}

/// A place in the topology: keys, with dots between them.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Place(Box<str>);

impl Place {
    /// The place as it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys on the way, from the outside in; at least one.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.split('.')
    }
}

impl FromStr for Place {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let key = |key: &str| {
            !key.is_empty()
                && key.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
        };
        if text.len() <= 1_024 && text.split('.').all(key) {
            return Ok(Self(text.into()));
        }
        Err(Malformed(format!(
            "`{}` is not a place in a topology: its keys with dots between them were expected, such as `events.audit`",
            shown(text)
        )))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

scalar!(
    Place,
    expected: "a place in this topology: its keys with dots between them, such as `services.user.commands.sign_up`",
    pattern: r"^[a-z0-9_]+(\.[a-z0-9_]+)*$",
    examples: ["events.audit", "services.user.commands.sign_up"]
);
