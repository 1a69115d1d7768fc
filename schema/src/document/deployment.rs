//! Deployments: ways to group services into units.

use serde::Deserialize;

use super::{CommandRef, Duration, Map, Name, ServiceRef, Size, WhenFull, at_least_one};

/// How a deployment groups its services.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// All services in one process.
    Monolith,
    /// One unit (a container) for each service or group of services, over a broker.
    Microservices,
    /// One function for each command, with the services it needs bundled in.
    Serverless,
    /// Light processes on devices, over MQTT, that go on working while they are offline.
    Edge,
}

/// A way to group services into processes, containers or functions, for example
/// `monolith: { pattern: monolith, services: [user, email], environments: [local, production], grace: 30s }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// What the deployment is for, in a sentence.
    pub description: Option<String>,
    /// How services are grouped.
    pub pattern: Pattern,
    /// The services that take part, for example `[user, email]`. Default: those that `units:` names, or all.
    pub services: Option<Vec<ServiceRef>>,
    /// The environments that it can run in, for example `[staging, production]`. `PONTOON_ENV` picks one at the start.
    #[serde(deserialize_with = "at_least_one")]
    #[cfg_attr(feature = "json-schema", schemars(length(min = 1)))]
    pub environments: Vec<Name>,
    /// The units and the services in each, for example `{ accounts: [user], mail: [email] }`. Default: one unit for all
    /// in a monolith, one for each service elsewhere.
    #[serde(default)]
    pub units: Map<Vec<ServiceRef>>,
    /// Serverless: the commands that become functions, for example `[user.find, email.send_welcome]`.
    #[serde(default)]
    pub commands: Vec<CommandRef>,
    /// How long work in flight may take to end after the signal to stop, for example `30s`. Default: `30s`.
    pub grace: Option<Duration>,
    /// Edge: how long a unit must get along without the broker, for example `8h`.
    pub offline: Option<Duration>,
    /// Edge: where messages wait while the broker is away, for example `{ bound: 64MiB, when_full: drop_oldest }`.
    pub outbox: Option<OfflineBuffer>,
    /// Serverless: how much one function may bundle before it starts too slowly.
    pub budget: Option<Budget>,
}

/// Where messages wait on the device while the broker is away.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OfflineBuffer {
    /// How much may wait, for example `64MiB`.
    pub bound: Size,
    /// What happens to the next message when there is no more room.
    pub when_full: WhenFull,
}

/// How much one function may bundle.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// How many services, for example `3`. Default: `3`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub services: Option<std::num::NonZeroU32>,
    /// How many connections that are opened at the start, for example `4`. Default: `4`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub connections: Option<std::num::NonZeroU32>,
}
