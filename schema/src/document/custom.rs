//! Adapters from elsewhere: the Rust type, what it can do, and what it is given.

use serde::Deserialize;

use super::{Duration, Map, RustPath, Size, Text, Tls};
use crate::capability::{Adapter, Bound, Bridge, Ordering};

/// An event bridge from elsewhere: a Rust type that implements `pontoon::adapter::EventBridge`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct CustomEventBridge {
    /// The Rust type of its settings, for example `crate::spool::Spool` or `my_bridge::MyBridge`. It is made by
    /// `MyBridge::new()`.
    pub adapter: RustPath,
    /// What it can do. Where its constant `CAPABILITIES` says otherwise, the crate does not compile.
    #[serde(default)]
    pub capabilities: BridgeCapabilities,
    /// What it is given, for example `{ url: "${HUB_URL}" }`: each by the method of that name, as in
    /// `MyBridge::new().url(…)`.
    #[serde(default)]
    pub settings: Map<Text>,
    /// Whether its connection is encrypted, which its method `tls` is told where it leaves the process. Default:
    /// `required`, unless the environment is ephemeral.
    pub tls: Option<Tls>,
}

/// What an event bridge can do. What is left out, it cannot.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct BridgeCapabilities {
    /// What is acknowledged survives a crash of the process and of the broker. Default: `false`.
    #[serde(default)]
    pub durable: bool,
    /// Commands can be sent and answered. Default: `false`.
    #[serde(default)]
    pub request_reply: bool,
    /// Several instances of one consumer share its messages. Default: `false`.
    #[serde(default)]
    pub competing_consumers: bool,
    /// Which messages keep their order at at-least-once delivery. Default: `one_consumer`.
    pub ordering: Option<Ordering>,
    /// Which messages keep their order at at-most-once delivery. Default: `one_consumer`.
    pub ordering_at_most_once: Option<Ordering>,
    /// Whether a bound on what waits holds, at at-least-once delivery. Default: `broker`.
    pub bound: Option<Bound>,
    /// Whether it does at at-most-once delivery. Default: `broker`.
    pub bound_at_most_once: Option<Bound>,
    /// A message can be held back for a time. Default: `false`.
    #[serde(default)]
    pub delay: bool,
    /// Of jobs with the same deduplication id, all but the first within a time are left out. Default: `false`.
    #[serde(default)]
    pub deduplication: bool,
    /// What failed for good is kept, to be looked at and replayed. Default: `false`.
    #[serde(default)]
    pub dead_letter: bool,
    /// The largest payload, for example `1MiB`. Default: as large as it is.
    pub largest_payload: Option<Size>,
    /// How long a message can be held before the broker takes it from its consumer, for example `30m`. Default: for
    /// ever.
    pub longest_hold: Option<Duration>,
    /// The longest name that a queue can have at the broker, for example `255B`. Default: as long as it is.
    pub longest_name: Option<Size>,
    /// Other processes can be reached. Default: `false`.
    #[serde(default)]
    pub crosses_processes: bool,
}

impl BridgeCapabilities {
    /// As a row of the capability table.
    pub fn row(&self) -> Bridge {
        let rest = Bridge::CUSTOM;
        Bridge {
            adapter: Adapter::Custom,
            durable: self.durable,
            request_reply: self.request_reply,
            competing_consumers: self.competing_consumers,
            ordering: self.ordering.unwrap_or(rest.ordering),
            ordering_at_most_once: self.ordering_at_most_once.unwrap_or(rest.ordering_at_most_once),
            bound: self.bound.unwrap_or(rest.bound),
            bound_at_most_once: self.bound_at_most_once.unwrap_or(rest.bound_at_most_once),
            delay: self.delay,
            deduplication: self.deduplication,
            dead_letter: self.dead_letter,
            largest_payload: self.largest_payload.map_or(rest.largest_payload, Size::as_bytes),
            longest_hold: self.longest_hold.map(Duration::as_std).or(rest.longest_hold),
            longest_name: self.longest_name.map_or(rest.longest_name, Size::as_bytes),
            crosses_processes: self.crosses_processes,
        }
    }
}
