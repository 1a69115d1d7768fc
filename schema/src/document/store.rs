//! Stores: where state is kept, and where secrets and settings come from.

use serde::Deserialize;

use super::{Embedded, Port, Redis, Text, Tls};
use crate::capability::Adapter;

/// Where state is kept.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StateStore {
    /// Memory of the process: gone when it ends, seen by no other process.
    InMemory,
    /// A database on the local disk, for example `embedded: { folder: "${DATA_DIR:-data}" }`.
    Embedded(Embedded),
    /// Redis, for example `redis: { url: "${REDIS_URL}" }`.
    Redis(Redis),
    /// The state API of a Dapr sidecar, for example `dapr: { port: "${DAPR_HTTP_PORT:-3500}" }`.
    Dapr(Dapr),
    /// DynamoDB, for example `aws: { region: "${AWS_REGION}", table: shop }`.
    Aws(AwsState),
}

impl StateStore {
    /// The adapter, whose abilities stand in the capability table.
    pub fn adapter(&self) -> Adapter {
        match self {
            Self::InMemory => Adapter::InMemory,
            Self::Embedded(_) => Adapter::Embedded,
            Self::Redis(_) => Adapter::Redis,
            Self::Dapr(_) => Adapter::Dapr,
            Self::Aws(_) => Adapter::Aws,
        }
    }
}

/// A Dapr sidecar beside this process.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Dapr {
    /// The port of its HTTP API on this machine, for example `${DAPR_HTTP_PORT:-3500}`.
    pub port: Port,
    /// The name of the state component, for example `statestore`. Default: `statestore`.
    pub store: Option<Text>,
}

/// A table of DynamoDB.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AwsState {
    /// The region, for example `${AWS_REGION}`.
    pub region: Text,
    /// The table, for example `shop`. Default: the name of the topology.
    pub table: Option<Text>,
}

/// Where secrets come from.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum SecretStore {
    /// Environment variables: `smtp_password` is read from `SMTP_PASSWORD`.
    Env,
    /// A folder with a file for each secret, as Kubernetes and Docker mount them, for example
    /// `file: { folder: "${SECRETS_DIR}" }`.
    File(FileStore),
    /// AWS Secrets Manager, for example `aws: { region: "${AWS_REGION}" }`.
    Aws(AwsStore),
}

impl SecretStore {
    /// The adapter, whose abilities stand in the capability table.
    pub fn adapter(&self) -> Adapter {
        match self {
            Self::Env => Adapter::Env,
            Self::File(_) => Adapter::File,
            Self::Aws(_) => Adapter::Aws,
        }
    }
}

/// Where settings, `${config:…}`, come from.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConfigStore {
    /// Environment variables: `page_size` is read from `PAGE_SIZE`.
    Env,
    /// A folder with a file for each setting, for example `file: { folder: "${CONFIG_DIR}" }`.
    File(FileStore),
    /// A key-value bucket of NATS, for example `nats: { servers: "${NATS_SERVERS}", bucket: shop }`.
    Nats(NatsConfig),
    /// Keys of Redis, for example `redis: { url: "${REDIS_URL}", prefix: "shop:" }`.
    Redis(RedisConfig),
    /// The parameter store of AWS Systems Manager, for example `aws: { region: "${AWS_REGION}", prefix: /shop/ }`.
    Aws(AwsStore),
}

impl ConfigStore {
    /// The adapter, whose abilities stand in the capability table.
    pub fn adapter(&self) -> Adapter {
        match self {
            Self::Env => Adapter::Env,
            Self::File(_) => Adapter::File,
            Self::Nats(_) => Adapter::Nats,
            Self::Redis(_) => Adapter::Redis,
            Self::Aws(_) => Adapter::Aws,
        }
    }
}

/// A folder with a file for each entry.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct FileStore {
    /// The folder, for example `${SECRETS_DIR}`.
    pub folder: Text,
}

/// A store of AWS.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AwsStore {
    /// The region, for example `${AWS_REGION}`.
    pub region: Text,
    /// What stands before every name, for example `/shop/`. Default: nothing.
    pub prefix: Option<Text>,
}

/// A key-value bucket of NATS.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NatsConfig {
    /// Where the servers are, with commas between them, for example `${NATS_SERVERS}`.
    pub servers: Text,
    /// The bucket, for example `shop`. Default: the name of the topology.
    pub bucket: Option<Text>,
    /// The credentials (the content of a `.creds` file), for example `${secret:nats_credentials}`.
    pub credentials: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral.
    pub tls: Option<Tls>,
}

/// Keys of Redis.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RedisConfig {
    /// Where it is, for example `${REDIS_URL}`.
    pub url: Text,
    /// What stands before every name, for example `shop:`. Default: nothing.
    pub prefix: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral.
    pub tls: Option<Tls>,
}
