//! Batches: several messages that one run of a handler gets together.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::scalar::{Malformed, scalar};
use super::{BatchSize, Duration};

/// Several messages that one run of a handler gets together, each with an outcome of its own. The messages of a run are
/// of one tenant and one principal, and one that is tried again has a run of its own. Not with `outbox`, `idempotency`
/// or `ordered`, which hold for one message.
#[derive(Clone, Copy, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Batch {
    /// How many messages the handler gets at a time at most, for example `100`. As many are held, and unacknowledged,
    /// for each of `concurrency`.
    pub most: BatchSize,
    /// How long the first message of a batch waits for others, for example `50ms`: a batch that is not full by then is
    /// handled as it is.
    pub wait: BatchWait,
}

/// How long a batch is gathered.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct BatchWait(Duration);

impl BatchWait {
    /// A message is held, with nothing done for it, for no longer than this: as long as for a pause between attempts.
    const LONGEST: Duration = Duration::from_secs(60);

    /// The time as the standard library's type.
    pub const fn as_std(self) -> std::time::Duration {
        self.0.as_std()
    }
}

impl FromStr for BatchWait {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let wait: Duration = text.parse()?;
        if wait > Self::LONGEST {
            return Err(Malformed(format!(
                "`{wait}` is too long for messages to wait for others: a batch is gathered for a minute (1m) at most"
            )));
        }
        Ok(Self(wait))
    }
}

impl fmt::Display for BatchWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

scalar!(
    BatchWait,
    expected: "a duration of at most a minute: a whole number and a unit (`ms`, `s` or `m`), such as `50ms`",
    pattern: r"^0*(([1-9][0-9]{0,3}|[1-5][0-9]{4}|60000)ms|([1-9]|[1-5][0-9]|60)s|1m)$",
    examples: ["10ms", "50ms", "1s"]
);
