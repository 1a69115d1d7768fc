//! Bridges: what carries commands and events, and what carries jobs.

use serde::Deserialize;

use super::{Amqp, CustomEventBridge, Embedded, Mqtt, Nats, Redis};
use crate::capability::Adapter;

/// What carries commands and events between units.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum EventBridge {
    /// Memory of the process: fast, gone when it ends, reaches no other process.
    InMemory,
    /// A database on the local disk, for example `embedded: { folder: "${DATA_DIR:-data}" }`.
    Embedded(Embedded),
    /// RabbitMQ, for example `amqp: { url: "${AMQP_URL}" }`.
    Amqp(Amqp),
    /// NATS with JetStream, for example `nats: { servers: "${NATS_SERVERS}" }`.
    Nats(Nats),
    /// A broker for devices, for example `mqtt: { url: "${MQTT_URL}", client_id: "${DEVICE_ID}" }`.
    Mqtt(Mqtt),
    /// One from elsewhere, for example `custom: { adapter: "my_bridge::MyBridge", capabilities: { request_reply: true }
    /// }`.
    Custom(CustomEventBridge),
}

impl EventBridge {
    /// The adapter, whose abilities stand in the capability table.
    pub fn adapter(&self) -> Adapter {
        match self {
            Self::InMemory => Adapter::InMemory,
            Self::Embedded(_) => Adapter::Embedded,
            Self::Amqp(_) => Adapter::Amqp,
            Self::Nats(_) => Adapter::Nats,
            Self::Mqtt(_) => Adapter::Mqtt,
            Self::Custom(_) => Adapter::Custom,
        }
    }
}

/// What carries jobs to workers.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum QueueBridge {
    /// Memory of the process: fast, gone when it ends, reaches no other process.
    InMemory,
    /// A database on the local disk, for example `embedded: { folder: "${DATA_DIR:-data}" }`.
    Embedded(Embedded),
    /// RabbitMQ, for example `amqp: { url: "${AMQP_URL}" }`.
    Amqp(Amqp),
    /// JetStream of NATS, for example `nats: { servers: "${NATS_SERVERS}" }`.
    Nats(Nats),
    /// The connection of this environment's event bridge, which is `mqtt` as well.
    Mqtt,
    /// Streams of Redis, for example `redis: { url: "${REDIS_URL}" }`.
    Redis(Redis),
}

impl QueueBridge {
    /// The adapter, whose abilities stand in the capability table.
    pub fn adapter(&self) -> Adapter {
        match self {
            Self::InMemory => Adapter::InMemory,
            Self::Embedded(_) => Adapter::Embedded,
            Self::Amqp(_) => Adapter::Amqp,
            Self::Nats(_) => Adapter::Nats,
            Self::Mqtt => Adapter::Mqtt,
            Self::Redis(_) => Adapter::Redis,
        }
    }
}
