//! Environments: named choices of bridges and stores.

use serde::Deserialize;

use super::{
    Authentication, ConfigStore, EventBridge, HttpLimits, Map, Name, Provision, QueueBridge, SecretStore, StateStore,
    Telemetry,
};

/// What units run on in one place: bridges, stores, and how they are reached, for example `local: { ephemeral: true,
/// event_bridge: in_memory, queue_bridge: in_memory, state_store: in_memory, secret_store: env }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Environment {
    /// What the environment is for, in a sentence.
    pub description: Option<String>,
    /// The environment whose keys count where this one has none, for example `staging`. A key that is given here
    /// replaces the whole inherited value.
    pub extends: Option<Name>,
    /// Whether losing data at a restart is acceptable here, as on a developer's machine. Default: `false`.
    pub ephemeral: Option<bool>,
    /// What carries commands and events.
    pub event_bridge: Option<EventBridge>,
    /// What carries jobs.
    pub queue_bridge: Option<QueueBridge>,
    /// Where state is kept.
    pub state_store: Option<StateStore>,
    /// Where secrets, and `${secret:…}`, come from.
    pub secret_store: Option<SecretStore>,
    /// Where settings, `${config:…}`, come from.
    pub config_store: Option<ConfigStore>,
    /// Who makes the objects that the broker needs. Default: `create`.
    pub provision: Option<Provision>,
    /// The ways in which callers over HTTP can prove who they are, under names that commands refer to, for example
    /// `{ staff: { jwt: { issuer: "${ISSUER}", audience: shop, keys: "${JWKS_URL}" } } }`.
    pub authentication: Option<Map<Authentication>>,
    /// Where logs, traces and metrics go.
    pub telemetry: Option<Telemetry>,
    /// The HTTP server and its limits.
    pub http: Option<HttpLimits>,
}
