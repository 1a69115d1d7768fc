//! Events: facts that are published.

use serde::Deserialize;

use super::{Name, Rate, RustType, Size, Version, one_or_more};

/// A fact that is published to every service that subscribes to it, for example
/// `user_signed_up: { payload: UserSignedUp }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Event {
    /// What the event says, in a sentence. It becomes the documentation of the generated type.
    pub description: Option<String>,
    /// The Rust type of what is published, for example `UserSignedUp`.
    pub payload: RustType,
    /// The version of the payload. It stands in the subject on the wire, `shop.event.user_signed_up.v1`. Default: `1`.
    pub version: Option<Version>,
    /// The environments that it exists in, for example `[production]`. In the others, emitting it does nothing, and
    /// nobody hears it. Default: all of them.
    #[serde(default, deserialize_with = "one_or_more")]
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub environments: Vec<Name>,
    /// How often it happens at most, for example `10/s`. Offline buffers are measured by it.
    pub rate: Option<Rate>,
    /// The largest payload that is to be expected, for example `16KiB`. Bridges that carry less are refused.
    pub size: Option<Size>,
    /// How many times an event may cause itself, through the subscriptions it reaches and what they emit, before it
    /// goes to the dead letters. To be set where such a loop is meant, for example `3`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub max_hops: Option<std::num::NonZeroU32>,
}
