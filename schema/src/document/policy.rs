//! What operations promise and how they are repeated: delivery, retry, idempotency, order, and what happens when full.

use serde::Deserialize;

use super::{Backoff, Duration, FieldPath};

/// How often an event reaches a subscription.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Once or not at all: what is lost stays lost. For readings and other facts that the next one replaces.
    AtMostOnce,
    /// Until it is handled, perhaps twice. The default. The handler is `repeatable` or has `idempotency`.
    #[default]
    AtLeastOnce,
}

/// What happens to the next message when there is no room for it.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum WhenFull {
    /// The sender waits until there is room.
    Wait,
    /// The sender gets an error at once.
    Refuse,
    /// The oldest message is dropped, and counted.
    DropOldest,
}

/// What becomes of the runs of a schedule that were due while no instance was there to run them.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// They are left out. The default.
    #[default]
    Skip,
    /// One run after the next start makes up for all of them; a run that its process did not survive is one of them.
    /// When it last ran is kept in the state store.
    Once,
}

/// How often a caller tries a command again that failed with a fault. Rejections are answers and are never tried again.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Retry {
    /// How many attempts there are in all, the first one included, for example `3`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub attempts: std::num::NonZeroU32,
    /// The first and the longest wait between attempts, for example `50ms..200ms`. Default: `100ms..30s`.
    pub backoff: Option<Backoff>,
}

/// How a handler recognises a message that it has already handled. Keys of different tenants are different keys;
/// another input under a key that was used is refused. The order of the elements of an array counts: a set in an input
/// is to be an ordered one (`BTreeSet`, not `HashSet`).
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Idempotency {
    /// The field of the payload that is the same when the message is the same, for example `email` or `order.number`.
    pub key: FieldPath,
    /// How long handled keys are remembered, for example `24h`. Longer than the longest chain of retries. Default:
    /// `24h`.
    pub keep: Option<Duration>,
    /// Whether a message may come without a key: its field is an `Option`, or an empty text. It is then handled each
    /// time it comes. Without this, a field that may be absent does not compile, and an empty text is malformed.
    /// Default: `false`.
    #[serde(default)]
    pub optional: bool,
}

/// Messages of one key are handled one after another, in order; without a key all of them, one at a time.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Ordered {
    /// The field of the payload that keeps messages together, for example `device`. Messages with different values may
    /// overtake each other. Left out, none overtakes another, and `concurrency` has to be 1.
    pub key: Option<FieldPath>,
}
