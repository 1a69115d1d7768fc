//! The document types: `topology.yaml` as it is written, one type for each thing it can say. Nothing is resolved here:
//! references are checked for their form only, defaults and `extends` are filled in by the compiler.

mod allow;
mod batch;
mod bridge;
mod connection;
mod cron;
mod custom;
mod date;
mod deployment;
mod duration;
mod edge;
mod environment;
mod event;
mod file;
mod http;
mod listener;
mod operation;
mod policy;
mod queue;
mod rate;
mod reference;
mod rust;
mod scalar;
#[cfg(feature = "json-schema")]
mod schema;
mod service;
mod size;
mod state;
mod store;
mod text;
mod time_zone;
mod version;
mod whole;
mod word;

pub use self::allow::{Allowance, Place};
pub use self::batch::{Batch, BatchWait};
pub use self::bridge::{EventBridge, QueueBridge};
pub use self::connection::{Amqp, Embedded, Mqtt, Nats, Provision, Redis, Tls};
pub use self::cron::Cron;
pub use self::custom::{BridgeCapabilities, CustomEventBridge};
pub use self::date::Date;
pub use self::deployment::{Budget, Deployment, OfflineBuffer, Pattern};
pub use self::duration::{Backoff, Duration};
pub use self::edge::{Call, Emission, Enqueuing, Invocation};
pub use self::environment::Environment;
pub use self::event::Event;
pub use self::file::FilePath;
pub use self::http::{HttpExposure, Method, Route, Segment};
pub use self::listener::{Authentication, HttpLimits, LogFormat, LogLevel, Otlp, Telemetry};
pub use self::operation::{Command, Operation, Schedule, Subscription, Worker};
pub use self::policy::{Delivery, Idempotency, Missed, Ordered, Retry, WhenFull};
pub use self::queue::Queue;
pub use self::rate::{Per, Rate};
pub use self::reference::{CommandRef, ServiceRef};
pub use self::rust::{RustPath, RustType};
pub use self::scalar::Malformed;
#[cfg(feature = "json-schema")]
pub use self::schema::json_schema;
pub use self::service::{Service, ServiceVersion};
pub use self::size::Size;
pub use self::state::{State, StateNeed};
pub use self::store::{
    AwsState, AwsStore, ConfigStore, Dapr, FileStore, NatsConfig, RedisConfig, SecretStore, StateStore,
};
pub use self::text::{Part, Port, Text};
pub use self::time_zone::TimeZone;
pub use self::version::{Format, Version};
pub use self::whole::{BatchSize, Percent, Replicas};
pub use self::word::{FieldPath, Name};

use indexmap::IndexMap;
use serde::Deserialize;

/// A list that is not empty where it is written: what it would leave out, it would leave out everywhere.
fn one_or_more<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
    not_empty(deserializer, "this list is empty: name at least one, or leave the key out, which means all")
}

/// A list that has to be there, with at least one name.
fn at_least_one<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Vec<Name>, D::Error> {
    not_empty(deserializer, "this list is empty: name at least one")
}

fn not_empty<'de, D: serde::Deserializer<'de>>(deserializer: D, otherwise: &str) -> Result<Vec<Name>, D::Error> {
    let list = Vec::deserialize(deserializer)?;
    if list.is_empty() { Err(serde::de::Error::custom(otherwise)) } else { Ok(list) }
}

/// Definitions under their names, in the order of the file.
pub type Map<T> = IndexMap<Name, T>;

/// A Pontoon topology: which services, commands, events and queues exist, who may call whom, what each environment runs
/// on, and how services are grouped for each way of deploying.
///
/// The file that is built begins with `pontoon: 1` and `name:`. A file that is only included by another has the
/// sections alone.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// The version of this format. Always `1`.
    pub pontoon: Format,
    /// The name of the whole system, for example `shop`. It begins every subject on the wire, as in
    /// `shop.event.user_signed_up.v1`, so it changes only when the system becomes another one.
    pub name: Name,
    /// What the system is for. It becomes a comment of the generated code.
    pub description: Option<String>,
    /// The Rust module in which relative type names of this topology are found, for example `crate::contract` or
    /// `shop_contract`. Without it every type needs its full path.
    pub types: Option<RustPath>,
    /// The crate that holds the generated contract, in its module `topology`: `crate` (the default) where everything is
    /// in one crate, or the name of a contract crate, for example `shop_contract`.
    pub contract: Option<RustPath>,
    /// Further files that belong to this topology, for example `[user.yaml, mail/email.yaml]`: relative to this file
    /// and below its folder. Each may hold any section; the same name in two files is an error.
    #[serde(default)]
    pub include: Vec<FilePath>,
    /// The events: facts that are published to whoever subscribes.
    #[serde(default)]
    pub events: Map<Event>,
    /// The queues: jobs that are pulled by competing workers.
    #[serde(default)]
    pub queues: Map<Queue>,
    /// The state collections: where handlers keep what must outlive a message.
    #[serde(default)]
    pub state: Map<State>,
    /// The services, with all that they handle.
    #[serde(default)]
    pub services: Map<Service>,
    /// The environments: named choices of bridges and stores, such as `local`, `ci` and `production`. `PONTOON_ENV`
    /// picks one when the process starts.
    #[serde(default)]
    pub environments: Map<Environment>,
    /// The deployments: ways to group services into processes, containers or functions.
    #[serde(default)]
    pub deployments: Map<Deployment>,
    /// Warnings that are allowed, each with its reason.
    #[serde(default)]
    pub allow: Vec<Allowance>,
}
