//! What the server keeps for subscriptions that the topology does not have: consumers of the stream of events, and dead letters.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::nats::api::EmptyRequest;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::objects::{consumer_name, dead_letter_subject, dead_letters, events};
use crate::bridge::network::WAIT_LIMIT;
use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;

/// `$JS.API.CONSUMER.LIST`: a page of the consumers of a stream.
#[derive(Serialize)]
struct ConsumerListRequest {
    offset: usize,
}

#[derive(Deserialize)]
struct ConsumerListPage {
    total: usize,
    /// Nothing where there are none.
    #[serde(default)]
    consumers: Option<Vec<ConsumerInfo>>,
}

/// What is said of a consumer.
#[derive(Deserialize)]
struct ConsumerInfo {
    name: String,
    config: ConsumerConfig,
    num_pending: u64,
    num_ack_pending: u64,
    /// How many of those who ask for messages wait for some.
    num_waiting: u64,
}

#[derive(Deserialize)]
struct ConsumerConfig {
    /// Others go by themselves.
    durable_name: Option<String>,
}

/// `$JS.API.STREAM.INFO` with the number of messages on each subject.
#[derive(Serialize)]
struct StreamInfoRequest<'s> {
    offset: usize,
    subjects_filter: &'s str,
}

#[derive(Deserialize)]
struct StreamInfo {
    state: StreamState,
    /// Of how many subjects, where they are more than one page has.
    #[serde(default)]
    total: usize,
}

#[derive(Deserialize)]
struct StreamState {
    #[serde(default)]
    subjects: Option<BTreeMap<String, u64>>,
}

/// `$JS.API.STREAM.PURGE` of one subject.
#[derive(Serialize)]
struct StreamPurgeRequest<'s> {
    filter: &'s str,
}

#[derive(Deserialize)]
struct StreamPurgeResponse {
    purged: u64,
}

#[derive(Deserialize)]
struct DeleteResponse {}

impl Connection {
    /// What the server keeps for subscriptions that the topology does not have.
    pub(super) async fn orphans(&self) -> Result<Vec<Orphan>, BridgeError> {
        let Some(known) = self.known() else { return Ok(Vec::new()) };
        let session = self.session(Instant::now() + WAIT_LIMIT).await?;
        let mut orphans = self.strange_consumers(&session, &known).await?;
        orphans.extend(self.strange_letters(&session, &known).await?);
        Ok(orphans)
    }

    /// Removes one of them: a consumer, or the dead letters of one subject.
    pub(super) async fn remove_orphan(&self, orphan: &Orphan) -> Result<bool, BridgeError> {
        let session = self.session(Instant::now() + WAIT_LIMIT).await?;
        let topology = self.instance.topology;
        if orphan.name.starts_with(&dead_letter_subject(topology, "")) {
            let what = format!("STREAM.PURGE.{}", dead_letters(topology).name);
            let purged = self
                .api_optional::<StreamPurgeResponse>(&session, &what, &StreamPurgeRequest { filter: &orphan.name })
                .await?;
            return Ok(purged.is_some_and(|StreamPurgeResponse { purged }| purged > 0));
        }
        let (stream, name) = (events(topology).name, &orphan.name);
        let Some(consumer) = self
            .api_optional::<ConsumerInfo>(&session, &format!("CONSUMER.INFO.{stream}.{name}"), &EmptyRequest {})
            .await?
        else {
            return Ok(false);
        };
        if consumer.num_waiting > 0 {
            return Err(BridgeError::Mismatch(format!(
                "somebody still takes messages from the consumer `{name}`: another version of the topology, perhaps, that has \
                 the subscription"
            )));
        }
        if orphan.messages == Some(0) && consumer.messages() > 0 {
            return Ok(false);
        }
        let removed = self
            .api_optional::<DeleteResponse>(&session, &format!("CONSUMER.DELETE.{stream}.{name}"), &EmptyRequest {})
            .await?;
        Ok(removed.is_some())
    }

    /// The subscriptions of the topology, where there may be something at the server: who neither publishes nor hears events asks
    /// for nothing that its rights need to name.
    fn known(&self) -> Option<Arc<[KnownSubscription]>> {
        let lists = self.declared.lists();
        lists.known.clone().filter(|_| lists.topics || !lists.consumers.is_empty())
    }

    async fn strange_consumers(
        &self,
        session: &LiveConnection,
        known: &[KnownSubscription],
    ) -> Result<Vec<Orphan>, BridgeError> {
        let lasting = known.iter().filter(|known| !known.delivery.at_most_once);
        let known: BTreeSet<String> = lasting.map(|known| consumer_name(known.subscription)).collect();
        let what = format!("CONSUMER.LIST.{}", events(self.instance.topology).name);
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(page) =
            self.api_optional::<ConsumerListPage>(session, &what, &ConsumerListRequest { offset }).await?
        {
            let consumers = page.consumers.unwrap_or_default();
            offset += consumers.len();
            let is_last = consumers.is_empty() || offset >= page.total;
            let strange = consumers
                .into_iter()
                .filter(|consumer| consumer.config.durable_name.is_some() && !known.contains(&consumer.name));
            orphans.extend(strange.map(|consumer| Orphan { messages: Some(consumer.messages()), name: consumer.name }));
            if is_last {
                break;
            }
        }
        Ok(orphans)
    }

    async fn strange_letters(
        &self,
        session: &LiveConnection,
        known: &[KnownSubscription],
    ) -> Result<Vec<Orphan>, BridgeError> {
        let topology = self.instance.topology;
        let known: BTreeSet<String> =
            known.iter().map(|known| dead_letter_subject(topology, known.subscription)).collect();
        let (what, all) = (format!("STREAM.INFO.{}", dead_letters(topology).name), dead_letter_subject(topology, ">"));
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(counted) = self
            .api_optional::<StreamInfo>(session, &what, &StreamInfoRequest { offset, subjects_filter: &all })
            .await?
        {
            let subjects = counted.state.subjects.unwrap_or_default();
            offset += subjects.len();
            let is_last = subjects.is_empty() || offset >= counted.total;
            let strange = subjects.into_iter().filter(|(subject, _)| !known.contains(subject));
            orphans.extend(strange.map(|(name, messages)| Orphan { name, messages: Some(messages) }));
            if is_last {
                break;
            }
        }
        Ok(orphans)
    }
}

impl ConsumerInfo {
    /// How many messages it has that are not acknowledged.
    fn messages(&self) -> u64 {
        self.num_pending + self.num_ack_pending
    }
}
