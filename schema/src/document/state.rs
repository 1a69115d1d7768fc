//! State collections: values under keys.

use serde::Deserialize;

use super::{Duration, RustType, Size};

/// Values that handlers keep under keys, in the environment's state store, for example `users: { value: User }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct State {
    /// What is kept here, in a sentence. It becomes the documentation of the generated type.
    pub description: Option<String>,
    /// The Rust type of a value, for example `User`.
    pub value: RustType,
    /// How long a value is kept after it was written, for example `24h`. Without it values stay until they are deleted.
    pub ttl: Option<Duration>,
    /// What handlers need the store to be able to do, beyond getting, setting and deleting a value. Stores that can't
    /// are refused.
    #[serde(default)]
    pub needs: Vec<StateNeed>,
    /// The largest value that is to be expected, for example `64KiB`. Stores that hold less are refused.
    pub size: Option<Size>,
}

/// Something that not every state store can do.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StateNeed {
    /// A value is only replaced if nobody else has replaced it since it was read.
    Etags,
    /// Several values change together or not at all.
    Transactions,
    /// The keys that begin alike can be listed.
    PrefixListing,
}

impl std::fmt::Display for StateNeed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Etags => "etags",
            Self::Transactions => "transactions",
            Self::PrefixListing => "prefix_listing",
        })
    }
}
