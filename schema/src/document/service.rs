//! Services and their versions.

use indexmap::IndexMap;
use serde::Deserialize;

use super::{Command, Map, Name, RustPath, Schedule, Subscription, Version, Worker};

/// A named group of handlers. It has either `version:`, and its keys stand beside it, or `versions:`, and they stand in
/// each version: `versions: { 1: { module: crate::user }, 2: { module: crate::user_v2 } }`.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(try_from = "Written")]
#[cfg_attr(feature = "json-schema", schemars(with = "Written"))]
pub struct Service {
    /// What the service is for.
    pub description: Option<String>,
    /// The versions, in the order of the file; at least one.
    pub versions: IndexMap<Version, ServiceVersion>,
    /// Whether the keys of the only version stand in the service itself (`version: 1`) and not under `versions:`.
    pub short: bool,
}

/// One version of a service, with all that it handles.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceVersion {
    /// The Rust module that holds the handlers, for example `crate::user` or, for a crate of its own, `shop_user`.
    #[cfg_attr(feature = "json-schema", schemars(required))]
    pub module: Option<RustPath>,
    /// The Rust type that the handlers are made from (pools, clients, settings), for example `crate::user::Resources`.
    /// Default: `Resources` in `module`.
    pub resources: Option<RustPath>,
    /// The secrets that all handlers of this version may read, for example `[smtp_password]`.
    #[serde(default)]
    pub secrets: Vec<Name>,
    /// Requests with an answer.
    #[serde(default)]
    pub commands: Map<Command>,
    /// Reactions to events.
    #[serde(default)]
    pub subscriptions: Map<Subscription>,
    /// Handlers that take jobs from queues.
    #[serde(default)]
    pub workers: Map<Worker>,
    /// Handlers that run by the clock.
    #[serde(default)]
    pub schedules: Map<Schedule>,
}

/// A service as it is written, in its short form or its long one.
#[derive(Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "json-schema", schemars(rename = "Service", extend("oneOf" = [
    { "required": ["version", "module"] },
    {
        "required": ["versions"],
        "properties": {
            "module": false, "resources": false, "secrets": false,
            "commands": false, "subscriptions": false, "workers": false, "schedules": false,
        },
    },
])))]
struct Written {
    /// What the service is for, in a sentence. It becomes the documentation of the generated module.
    description: Option<String>,
    /// The version of the service, for example `1`: the short form for a service that has only one.
    version: Option<Version>,
    /// Several versions side by side, under their numbers. Callers then say which they mean: `user.v2.sign_up`.
    #[serde(default)]
    #[cfg_attr(feature = "json-schema", schemars(extend("minProperties" = 1)))]
    versions: IndexMap<Version, ServiceVersion>,
    /// The Rust module that holds the handlers, for example `crate::user` or, for a crate of its own, `shop_user`. The
    /// handler of `sign_up` is then `crate::user::SignUp`.
    module: Option<RustPath>,
    /// The Rust type that the handlers are made from (pools, clients, settings), for example `crate::user::Resources`.
    /// Default: `Resources` in `module`.
    resources: Option<RustPath>,
    /// The secrets that all handlers of the service may read, for example `[smtp_password]`.
    #[serde(default)]
    secrets: Vec<Name>,
    /// Requests with an answer.
    #[serde(default)]
    commands: Map<Command>,
    /// Reactions to events.
    #[serde(default)]
    subscriptions: Map<Subscription>,
    /// Handlers that take jobs from queues.
    #[serde(default)]
    workers: Map<Worker>,
    /// Handlers that run by the clock.
    #[serde(default)]
    schedules: Map<Schedule>,
}

impl TryFrom<Written> for Service {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written {
            description,
            version,
            versions,
            module,
            resources,
            secrets,
            commands,
            subscriptions,
            workers,
            schedules,
        } = written;
        let body = ServiceVersion { module, resources, secrets, commands, subscriptions, workers, schedules };
        match version {
            Some(version) if versions.is_empty() => {
                Ok(Self { description, versions: IndexMap::from([(version, body)]), short: true })
            }
            Some(_) => Err("this service has both `version:` and `versions:`: keep one of them"),
            None if versions.is_empty() => Err("this service has no version: write `version: 1`"),
            None if body.is_empty() => Ok(Self { description, versions, short: false }),
            None => {
                Err("in a service with `versions:` everything else but the description stands in one of the versions")
            }
        }
    }
}

impl ServiceVersion {
    fn is_empty(&self) -> bool {
        self.module.is_none()
            && self.resources.is_none()
            && self.secrets.is_empty()
            && self.commands.is_empty()
            && self.subscriptions.is_empty()
            && self.workers.is_empty()
            && self.schedules.is_empty()
    }
}
