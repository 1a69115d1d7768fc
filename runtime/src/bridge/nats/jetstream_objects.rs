//! Streams and consumers as JetStream's API describes them: their configurations and states, as far as they are looked
//! at.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// The configuration of a stream.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct StreamConfig {
    pub(super) name: String,
    pub(super) subjects: Vec<String>,
    pub(super) retention: RetentionPolicy,
    pub(super) max_consumers: i64,
    #[serde(rename = "max_msgs")]
    pub(super) max_messages: i64,
    pub(super) max_bytes: i64,
    #[serde(with = "nanoseconds")]
    pub(super) max_age: Duration,
    #[serde(rename = "max_msgs_per_subject")]
    pub(super) max_messages_per_subject: i64,
    #[serde(rename = "max_msg_size")]
    pub(super) max_message_size: i64,
    pub(super) discard: DiscardPolicy,
    pub(super) storage: StorageType,
    pub(super) num_replicas: usize,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) no_ack: bool,
    #[serde(with = "nanoseconds")]
    pub(super) duplicate_window: Duration,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) sealed: bool,
}

/// For how long a stream keeps a message.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RetentionPolicy {
    #[default]
    Limits,
    /// While a consumer has not acknowledged it.
    Interest,
    /// Until its one consumer has acknowledged it.
    WorkQueue,
    #[serde(other)]
    Other,
}

/// What a stream does that is full.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum DiscardPolicy {
    #[default]
    Old,
    New,
    #[serde(other)]
    Other,
}

/// Where a stream has its messages.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum StorageType {
    #[default]
    File,
    Memory,
    #[serde(other)]
    Other,
}

/// A stream, with its state.
#[derive(Debug, Deserialize)]
pub(super) struct StreamInfo {
    pub(super) config: StreamConfig,
    pub(super) state: StreamState,
    #[serde(default)]
    pub(super) cluster: Option<StreamCluster>,
    /// How many subjects it has, where it was asked for them, and one page does not have them all.
    #[serde(default)]
    pub(super) total: usize,
}

/// The state of a stream.
#[derive(Debug, Default, Deserialize)]
pub(super) struct StreamState {
    #[serde(default)]
    pub(super) messages: u64,
    #[serde(default, rename = "first_seq")]
    pub(super) first_sequence: u64,
    #[serde(rename = "last_seq")]
    pub(super) last_sequence: u64,
    /// A page of its subjects with the number of messages on each, where it was asked for that.
    #[serde(default)]
    pub(super) subjects: Option<BTreeMap<String, u64>>,
    /// How many messages between the first and the last are gone.
    #[serde(default, rename = "num_deleted")]
    pub(super) gone: u64,
    /// Those, where it was asked for them.
    #[serde(default)]
    pub(super) deleted: Option<Vec<u64>>,
}

/// The cluster that has the replicas of a stream.
#[derive(Debug, Deserialize)]
pub(super) struct StreamCluster {
    #[serde(default)]
    pub(super) name: Option<String>,
}

/// The configuration of a consumer.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct ConsumerConfig {
    #[serde(skip_serializing_if = "is_default")]
    pub(super) deliver_subject: Option<String>,
    /// Consumers without one go by themselves.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) durable_name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) name: Option<String>,
    pub(super) deliver_policy: DeliverPolicy,
    #[serde(rename = "opt_start_seq", skip_serializing_if = "is_default")]
    pub(super) start_sequence: Option<u64>,
    pub(super) ack_policy: AckPolicy,
    #[serde(with = "nanoseconds")]
    pub(super) ack_wait: Duration,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) max_deliver: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) filter_subject: String,
    pub(super) replay_policy: ReplayPolicy,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) max_ack_pending: i64,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) headers_only: bool,
    #[serde(with = "nanoseconds", skip_serializing_if = "is_default")]
    pub(super) inactive_threshold: Duration,
    /// In nanoseconds.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) backoff: Vec<u64>,
}

/// Where in its stream a consumer begins.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum DeliverPolicy {
    #[default]
    All,
    ByStartSequence,
    #[serde(other)]
    Other,
}

/// Which messages of a consumer want an ack.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum AckPolicy {
    #[default]
    Explicit,
    None,
    All,
    #[serde(other)]
    Other,
}

/// How fast a consumer delivers.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ReplayPolicy {
    #[default]
    Instant,
    #[serde(other)]
    Other,
}

/// A consumer, with the number of its messages.
#[derive(Debug, Deserialize)]
pub(super) struct ConsumerInfo {
    pub(super) name: String,
    pub(super) config: ConsumerConfig,
    /// What was delivered last.
    #[serde(default)]
    pub(super) delivered: ConsumerSequence,
    /// Up to where all is acknowledged.
    #[serde(default)]
    pub(super) ack_floor: ConsumerSequence,
    #[serde(default)]
    pub(super) num_pending: u64,
    #[serde(default)]
    pub(super) num_ack_pending: u64,
    /// How many pull requests wait for messages.
    #[serde(default)]
    pub(super) num_waiting: u64,
}

/// A place of a consumer.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub(super) struct ConsumerSequence {
    /// The sequence of its message in the stream.
    #[serde(default, rename = "stream_seq")]
    pub(super) stream: u64,
}

/// `$JS.API.STREAM.MSG.GET`: the first message of a subject from a sequence on.
#[derive(Serialize)]
pub(super) struct MessageGet<'s> {
    #[serde(rename = "seq")]
    pub(super) sequence: u64,
    #[serde(rename = "next_by_subj")]
    pub(super) subject: &'s str,
}

/// The response to `$JS.API.STREAM.MSG.GET`.
#[derive(Deserialize)]
pub(super) struct MessageGetResponse {
    pub(super) message: StoredMessage,
}

/// A message of a stream: its headers and its payload in base64, and when the server has stored it (RFC 3339).
#[derive(Deserialize)]
pub(super) struct StoredMessage {
    #[serde(rename = "seq")]
    pub(super) sequence: u64,
    #[serde(default, rename = "hdrs")]
    pub(super) headers: String,
    #[serde(default, rename = "data")]
    pub(super) payload: String,
    #[serde(default)]
    pub(super) time: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Durations as JetStream's API has them: in nanoseconds. What is below zero is none.
mod nanoseconds {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u64(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX))
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Duration, D::Error> {
        let nanoseconds = i64::deserialize(deserializer)?;
        Ok(Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_newer_server_has_is_another_one() {
        let config = json!({ "name": "s", "retention": "tides", "storage": "moon", "max_age": 1_500, "new": [1] });
        let config: StreamConfig = serde_json::from_value(config).unwrap();
        assert_eq!((config.retention, config.storage), (RetentionPolicy::Other, StorageType::Other));
        assert_eq!(config.max_age, Duration::from_nanos(1_500));
    }

    #[test]
    fn a_consumer_begins_where_it_is_told() {
        let config = ConsumerConfig {
            deliver_policy: DeliverPolicy::ByStartSequence,
            start_sequence: Some(7),
            ack_wait: Duration::from_secs(10),
            ..ConsumerConfig::default()
        };
        let written = serde_json::to_value(&config).unwrap();
        assert_eq!(
            written,
            json!({
                "deliver_policy": "by_start_sequence", "opt_start_seq": 7, "ack_policy": "explicit",
                "ack_wait": 10_000_000_000_u64, "replay_policy": "instant",
            })
        );
    }
}
