//! The orphans of a topology: durable consumers of the stream of events, and dead letters, of subscriptions that it
//! does not have.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::declarations::Declarations;
use crate::bridge::nats::jetstream_api::{EmptyRequest, JetStreamApi};
use crate::bridge::nats::jetstream_objects::{ConsumerInfo, StreamInfo};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::names;
use crate::bridge::network::WAIT_LIMIT;
use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;

/// The durable consumers and dead letters that the server keeps for subscriptions which the topology does not have.
pub(super) struct OrphanedConsumers {
    connection: Arc<Connection>,
    api: JetStreamApi,
    declarations: Arc<Declarations>,
}

/// `$JS.API.CONSUMER.LIST`: a page of the consumers of a stream.
#[derive(Serialize)]
struct ConsumerListRequest {
    offset: usize,
}

/// A page of the consumers of a stream.
#[derive(Deserialize)]
struct ConsumerListPage {
    total: usize,
    /// Nothing where there are none.
    #[serde(default)]
    consumers: Option<Vec<ConsumerInfo>>,
}

/// `$JS.API.STREAM.INFO` with the number of messages on each subject.
#[derive(Serialize)]
struct StreamInfoRequest<'s> {
    offset: usize,
    subjects_filter: &'s str,
}

/// `$JS.API.STREAM.PURGE` of one subject.
#[derive(Serialize)]
struct StreamPurgeRequest<'s> {
    filter: &'s str,
}

/// The number of messages that were purged of a stream.
#[derive(Deserialize)]
struct StreamPurgeResponse {
    purged: u64,
}

/// The response to the deletion of a consumer.
#[derive(Deserialize)]
struct DeleteResponse {}

impl OrphanedConsumers {
    pub(super) fn new(connection: &Arc<Connection>, api: &JetStreamApi, declarations: &Arc<Declarations>) -> Self {
        Self { connection: Arc::clone(connection), api: api.clone(), declarations: Arc::clone(declarations) }
    }

    /// What the server keeps for subscriptions that the topology does not have.
    pub(super) async fn find(&self) -> Result<Vec<Orphan>, BridgeError> {
        let Some(known) = self.known() else { return Ok(Vec::new()) };
        let live = self.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let mut orphans = self.orphaned_consumers(&live, &known).await?;
        orphans.extend(self.orphaned_dead_letters(&live, &known).await?);
        Ok(orphans)
    }

    /// Removes one of them: a consumer, or the dead letters of one subject.
    pub(super) async fn remove(&self, orphan: &Orphan) -> Result<bool, BridgeError> {
        let live = self.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let topology = self.connection.instance.topology;
        if orphan.name.starts_with(&names::dead_letters(topology, "")) {
            let what = format!("STREAM.PURGE.{}", names::dead_letter_stream(topology));
            let purged = self
                .api
                .find::<StreamPurgeResponse>(&live, &what, &StreamPurgeRequest { filter: &orphan.name })
                .await?;
            return Ok(purged.is_some_and(|StreamPurgeResponse { purged }| purged > 0));
        }
        let (stream, name) = (names::event_stream(topology), &orphan.name);
        let Some(consumer) =
            self.api.find::<ConsumerInfo>(&live, &format!("CONSUMER.INFO.{stream}.{name}"), &EmptyRequest {}).await?
        else {
            return Ok(false);
        };
        if consumer.num_waiting > 0 {
            return Err(BridgeError::Mismatch(format!(
                "somebody still takes messages from the consumer `{name}`: another version of the topology, perhaps, that \
                 has the subscription"
            )));
        }
        if orphan.messages == Some(0) && consumer.messages() > 0 {
            return Ok(false);
        }
        let removed = self
            .api
            .find::<DeleteResponse>(&live, &format!("CONSUMER.DELETE.{stream}.{name}"), &EmptyRequest {})
            .await?;
        Ok(removed.is_some())
    }

    /// The subscriptions of the topology, where there may be something at the server: who neither publishes nor hears
    /// events asks for nothing that its rights need to name.
    fn known(&self) -> Option<Arc<[KnownSubscription]>> {
        let lists = self.declarations.lists();
        lists.known.clone().filter(|_| lists.publishes || !lists.retained.is_empty())
    }

    async fn orphaned_consumers(
        &self,
        live: &LiveConnection,
        known: &[KnownSubscription],
    ) -> Result<Vec<Orphan>, BridgeError> {
        let lasting = known.iter().filter(|known| !known.delivery.at_most_once);
        let known: BTreeSet<String> = lasting.map(|known| names::consumer(known.subscription)).collect();
        let what = format!("CONSUMER.LIST.{}", names::event_stream(self.connection.instance.topology));
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(page) = self.api.find::<ConsumerListPage>(live, &what, &ConsumerListRequest { offset }).await? {
            let consumers = page.consumers.unwrap_or_default();
            offset += consumers.len();
            let is_last = consumers.is_empty() || offset >= page.total;
            let orphaned = consumers
                .into_iter()
                .filter(|consumer| consumer.config.durable_name.is_some() && !known.contains(&consumer.name));
            orphans
                .extend(orphaned.map(|consumer| Orphan { messages: Some(consumer.messages()), name: consumer.name }));
            if is_last {
                break;
            }
        }
        Ok(orphans)
    }

    async fn orphaned_dead_letters(
        &self,
        live: &LiveConnection,
        known: &[KnownSubscription],
    ) -> Result<Vec<Orphan>, BridgeError> {
        let topology = self.connection.instance.topology;
        let known: BTreeSet<String> =
            known.iter().map(|known| names::dead_letters(topology, known.subscription)).collect();
        let (what, all) =
            (format!("STREAM.INFO.{}", names::dead_letter_stream(topology)), names::dead_letters(topology, ">"));
        let (mut orphans, mut offset) = (Vec::new(), 0);
        while let Some(counted) =
            self.api.find::<StreamInfo>(live, &what, &StreamInfoRequest { offset, subjects_filter: &all }).await?
        {
            let subjects = counted.state.subjects.unwrap_or_default();
            offset += subjects.len();
            let is_last = subjects.is_empty() || offset >= counted.total;
            // Which queues there are, only those know who use them.
            let orphaned = subjects
                .into_iter()
                .filter(|(subject, _)| names::is_of_a_subscription(topology, subject) && !known.contains(subject));
            orphans.extend(orphaned.map(|(name, messages)| Orphan { name, messages: Some(messages) }));
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
