//! What an environment says about HTTP, authentication and telemetry.

use serde::Deserialize;

use super::{Duration, Percent, Size, Text};

/// How callers over HTTP prove who they are.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Authentication {
    /// A signed token in the header `Authorization`.
    Jwt {
        /// Who issues the tokens, for example `https://id.example.com`.
        issuer: Text,
        /// For whom they are issued, for example `shop`.
        audience: Text,
        /// Where the issuer's public keys are, for example `https://id.example.com/.well-known/jwks.json`.
        keys: Text,
    },
    /// A fixed key in a header.
    ApiKey {
        /// The header, for example `x-api-key`. Default: `x-api-key`.
        header: Option<Text>,
        /// The key, for example `${secret:api_key}`.
        key: Text,
    },
}

/// The HTTP server of a unit, and what it lets in.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HttpLimits {
    /// The address it listens on, for example `0.0.0.0:${PORT:-8080}`. Default: `127.0.0.1:8080`.
    pub listen: Option<Text>,
    /// The largest request body, for example `1MiB`. Default: `1MiB`.
    pub body: Option<Size>,
    /// How many requests are worked on at the same time, for example `1024`; more wait. Default: `1024`.
    #[cfg_attr(feature = "json-schema", schemars(range(min = 1)))]
    pub concurrency: Option<std::num::NonZeroU32>,
    /// How long a request may take from its first byte to the answer, for example `30s`. Default: `30s`.
    pub timeout: Option<Duration>,
}

/// Where logs, traces and metrics go.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Telemetry {
    /// The least urgent log line that is kept. Default: `info`.
    pub level: Option<LogLevel>,
    /// How log lines look. Default: `text` in ephemeral environments, `json` elsewhere.
    pub format: Option<LogFormat>,
    /// An OpenTelemetry collector for traces and metrics, for example `{ endpoint: "${OTLP_ENDPOINT}" }`.
    pub otlp: Option<Otlp>,
}

/// How urgent a log line is.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Something failed that should not have.
    Error,
    /// Something is odd, and went on.
    Warn,
    /// What happens, in broad strokes.
    Info,
    /// What happens, in detail.
    Debug,
    /// Everything.
    Trace,
}

/// How log lines look.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines: one JSON object a line.
    Json,
}

/// An OpenTelemetry collector.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "json-schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Otlp {
    /// Where it is, for example `${OTLP_ENDPOINT:-http://localhost:4318}`.
    pub endpoint: Text,
    /// The percentage of traces that are sent, for example `10`. Default: `100`.
    pub sample: Option<Percent>,
}
