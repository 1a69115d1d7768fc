//! Connections to brokers: what it takes to reach each of them.

use serde::Deserialize;

use super::{Duration, Replicas, Size, Text};

/// Whether a connection is encrypted.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// Encrypted, and the other side proves who it is. The default outside ephemeral environments.
    #[default]
    Required,
    /// In plain text. Outside ephemeral environments this needs an allowance of `plaintext_transport`.
    Disabled,
}

/// Who makes the objects that a broker needs: exchanges, streams, consumers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Provision {
    /// The unit makes them when it starts, if they are not there. The default.
    #[default]
    Create,
    /// Somebody else made them; the unit only checks that they are there and as they should be.
    Verify,
}

/// A database on the local disk: it survives a restart, and no other process works on it. Bridges and the state store
/// that name one folder share it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Embedded {
    /// The folder it is kept in, for example `${DATA_DIR:-data}`.
    pub folder: Text,
    /// How much disk it may take, for example `10GiB`; who finds no room gets an error. Said once for each folder.
    /// Default: `1GiB`.
    pub bound: Option<Size>,
}

/// RabbitMQ, or another broker that speaks AMQP 0.9.1.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "json-schema", schemars(extend(
    "dependentRequired" = { "client_certificate": ["client_key"], "client_key": ["client_certificate"] },
    "if" = { "properties": { "tls": { "const": "disabled" } }, "required": ["tls"] },
    "then" = { "properties": { "ca": false, "client_certificate": false, "client_key": false } },
)))]
pub struct Amqp {
    /// Where it is, with the virtual host and, unless they stand below, user and password, for example `${AMQP_URL}` or
    /// `${secret:amqp_url}`.
    pub url: Text,
    /// The user, for example `${AMQP_USER}`.
    pub username: Option<Text>,
    /// The password, for example `${secret:amqp_password}`.
    pub password: Option<Text>,
    /// The authority to trust, where it is none that the system knows: a PEM, or the path of a PEM file, for example
    /// `${CA_FILE}`.
    pub ca: Option<Text>,
    /// The certificate that this side shows: a PEM, or the path of a PEM file, for example `/run/tls/tls.crt`.
    pub client_certificate: Option<Text>,
    /// Its private key: a PEM, or the path of a PEM file, for example `${secret:client_key}`.
    pub client_key: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral and nothing above
    /// says how to encrypt it.
    pub tls: Option<Tls>,
    /// How long the broker lets a message be held before it takes it from its consumer, for example `2h`: what its own
    /// `consumer_timeout` says, which nothing here changes. Default: `30m`, as RabbitMQ has it.
    pub consumer_timeout: Option<Duration>,
}

/// NATS, with JetStream for what must not be lost.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "json-schema", schemars(extend(
    "dependentRequired" = { "client_certificate": ["client_key"], "client_key": ["client_certificate"] },
    "if" = { "properties": { "tls": { "const": "disabled" } }, "required": ["tls"] },
    "then" = { "properties": { "ca": false, "client_certificate": false, "client_key": false } },
    "not" = { "anyOf": [
        { "required": ["username", "token"] },
        { "required": ["username", "credentials"] },
        { "required": ["password", "token"] },
        { "required": ["password", "credentials"] },
        { "required": ["token", "credentials"] },
    ] },
)))]
pub struct Nats {
    /// Where the servers are, with commas between them, for example `${NATS_SERVERS}`.
    pub servers: Text,
    /// The user, for example `${NATS_USER}`.
    pub username: Option<Text>,
    /// The password, for example `${secret:nats_password}`.
    pub password: Option<Text>,
    /// A token in place of user and password, for example `${secret:nats_token}`.
    pub token: Option<Text>,
    /// The credentials: the content of a `.creds` file, or its path, for example `${secret:nats_credentials}`.
    pub credentials: Option<Text>,
    /// What the subjects begin with on which answers arrive, before the user: `shop.reply` becomes `shop.reply.ann.>`
    /// for the user `ann`. The same for all units and clients of a system. Default: the topology's name, and `reply`.
    pub inbox_prefix: Option<Text>,
    /// On how many servers of a cluster events and dead letters are kept, for example `3`. Default: `3` where the
    /// cluster has so many servers, otherwise `1`. A stream that is kept on fewer is a warning at the start.
    pub replicas: Option<Replicas>,
    /// The authority to trust, where it is none that the system knows: a PEM, or the path of a PEM file, for example
    /// `${CA_FILE}`.
    pub ca: Option<Text>,
    /// The certificate that this side shows: a PEM, or the path of a PEM file, for example `/run/tls/tls.crt`.
    pub client_certificate: Option<Text>,
    /// Its private key: a PEM, or the path of a PEM file, for example `${secret:client_key}`.
    pub client_key: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral and nothing above
    /// says how to encrypt it.
    pub tls: Option<Tls>,
}

/// A broker that speaks MQTT 5.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "json-schema", schemars(extend(
    "dependentRequired" = { "client_certificate": ["client_key"], "client_key": ["client_certificate"] },
    "if" = { "properties": { "tls": { "const": "disabled" } }, "required": ["tls"] },
    "then" = { "properties": { "ca": false, "client_certificate": false, "client_key": false } },
)))]
pub struct Mqtt {
    /// Where it is, for example `${MQTT_URL}`.
    pub url: Text,
    /// The id of this client, unlike all others at the broker, for example `${DEVICE_ID}`. The broker keeps what waits
    /// for a device under it.
    pub client_id: Text,
    /// The user, for example `${MQTT_USER}`.
    pub username: Option<Text>,
    /// The password, for example `${secret:mqtt_password}`.
    pub password: Option<Text>,
    /// The authority to trust, where it is none that the system knows: a PEM, or the path of a PEM file, for example
    /// `${CA_FILE}`.
    pub ca: Option<Text>,
    /// The certificate that this side shows: a PEM, or the path of a PEM file, for example `/run/tls/tls.crt`.
    pub client_certificate: Option<Text>,
    /// Its private key: a PEM, or the path of a PEM file, for example `${secret:client_key}`.
    pub client_key: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral and nothing above
    /// says how to encrypt it.
    pub tls: Option<Tls>,
}

/// Redis, or what speaks like it.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "json-schema", schemars(extend(
    "dependentRequired" = { "client_certificate": ["client_key"], "client_key": ["client_certificate"] },
    "if" = { "properties": { "tls": { "const": "disabled" } }, "required": ["tls"] },
    "then" = { "properties": { "ca": false, "client_certificate": false, "client_key": false } },
)))]
pub struct Redis {
    /// Where it is, with the number of the database and, unless they stand below, user and password, for example
    /// `${REDIS_URL}`.
    pub url: Text,
    /// The user, for example `${REDIS_USER}`.
    pub username: Option<Text>,
    /// The password, for example `${secret:redis_password}`.
    pub password: Option<Text>,
    /// The authority to trust, where it is none that the system knows: a PEM, or the path of a PEM file, for example
    /// `${CA_FILE}`.
    pub ca: Option<Text>,
    /// The certificate that this side shows: a PEM, or the path of a PEM file, for example `/run/tls/tls.crt`.
    pub client_certificate: Option<Text>,
    /// Its private key: a PEM, or the path of a PEM file, for example `${secret:client_key}`.
    pub client_key: Option<Text>,
    /// Whether the connection is encrypted. Default: `required`, unless the environment is ephemeral and nothing above
    /// says how to encrypt it.
    pub tls: Option<Tls>,
}
