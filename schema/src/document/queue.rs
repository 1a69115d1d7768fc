//! Queues: jobs for competing workers.

use serde::Deserialize;

use super::{Backoff, Duration, Rate, RustType, Size, WhenFull};

/// Jobs that wait until one of several workers takes them, for example
/// `invoices: { payload: Invoice, lease: 30s, attempts: 5, dead_letter: true, bound: 100000, when_full: refuse }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Queue {
    /// What the jobs are for, in a sentence. It becomes the documentation of the generated type.
    pub description: Option<String>,
    /// The Rust type of a job, for example `Invoice`.
    pub payload: RustType,
    /// How long a worker holds a job before another one may take it, for example `30s`; it is extended while the
    /// handler runs. Longer than the worker's `timeout`. Default: `30s`.
    pub lease: Option<Duration>,
    /// How many times a job is tried, the first time included, for example `5`. Default: `5`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub attempts: Option<std::num::NonZeroU32>,
    /// The first and the longest wait between attempts, for example `1s..1m`. Default: `100ms..30s`.
    pub backoff: Option<Backoff>,
    /// Whether jobs that failed for good are kept, with reason and attempts, to be looked at and replayed. Default:
    /// `false`.
    #[serde(default)]
    pub dead_letter: bool,
    /// How many jobs may wait, for example `100000`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub bound: Option<std::num::NonZeroU64>,
    /// What happens to the next job when so many are waiting.
    pub when_full: Option<WhenFull>,
    /// Whether jobs may be put in for later. Bridges that can't hold a job back are then refused. Default: `false`.
    #[serde(default)]
    pub delayed: bool,
    /// For how long a second job with the same id is taken for the first one and left out, for example `10m`.
    pub deduplicate: Option<Duration>,
    /// How many jobs come in at most, for example `50/m`.
    pub rate: Option<Rate>,
    /// The largest job that is to be expected, for example `64KiB`. Bridges that carry less are refused.
    pub size: Option<Size>,
}
