//! The dead letters of one subscription: a subject of the stream of all dead letters.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bridge::nats::client::HeaderBlock;
use crate::bridge::nats::jetstream_api::JetStreamApi;
use crate::bridge::nats::jetstream_objects::{MessageGet, StoredMessage};
use crate::bridge::nats::publisher::{NatsPublisher, OutgoingPublish};
use crate::bridge::nats::{attributes, names};
use crate::bridge::network::wire::{GivenUp, Outgoing};
use crate::bridge::network::{DeadLetterPage, DeadLetterQuery, FoundDeadLetter, WAIT_LIMIT, dead};
use crate::bridge::{BridgeError, DeadMessage};
use crate::message::id::Id;

/// The dead letters of one subscription, in the stream of all dead letters.
pub(super) struct DeadLetterStore {
    publisher: Arc<NatsPublisher>,
    api: JetStreamApi,
    /// The subject of the event that they are, as messages.
    event: &'static str,
    stream: String,
    subject: String,
}

/// `$JS.API.STREAM.MSG.DELETE`: the message of a stream that is to be removed.
#[derive(Serialize)]
struct MessageDelete {
    #[serde(rename = "seq")]
    sequence: u64,
    /// It need not be overwritten on the disk.
    no_erase: bool,
}

/// The response to `$JS.API.STREAM.MSG.DELETE`: the stream does not have the message any more.
#[derive(Deserialize)]
struct MessageDeleteResponse {}

impl DeadLetterStore {
    pub(super) fn new(
        publisher: &Arc<NatsPublisher>,
        api: &JetStreamApi,
        event: &'static str,
        subscription: &str,
    ) -> Self {
        let topology = publisher.connection.instance.topology;
        let (stream, subject) = (names::dead_letter_stream(topology), names::dead_letters(topology, subscription));
        Self { publisher: Arc::clone(publisher), api: api.clone(), event, stream, subject }
    }

    /// Keeps a dead letter; done once it is safe.
    pub(super) async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let outgoing = Outgoing {
            dead: Some(GivenUp { reason: &dead.reason, attempts: dead.attempts }),
            ..Outgoing::new(self.event, &dead.message, &self.publisher.connection.source)
        };
        let body = outgoing.body(u64::MAX)?;
        // Not the id of the message: one that was replayed and has failed once more is another dead letter.
        let id = Id::random().to_string();
        let mut headers = attributes::write(&outgoing);
        headers.put(attributes::MESSAGE_ID, &id);
        let (subject, headers) = (&*self.subject, headers.finish());
        self.publisher.publish(OutgoingPublish { subject, durable: true, body, headers, queue: None }).await
    }

    /// Dead letters, oldest first, with what they are removed by.
    pub(super) async fn dead_letters<T>(
        &self,
        query: DeadLetterQuery,
        token: impl Fn(u64) -> T,
    ) -> Result<Vec<FoundDeadLetter<T>>, BridgeError> {
        let (mut page, mut next) = (DeadLetterPage::new(query), 1);
        while !page.is_full()
            && let Some(StoredMessage { headers, payload, sequence, .. }) = self.find(next).await?
        {
            next = sequence + 1;
            let decoded = |text: String| {
                let bytes = STANDARD.decode(text).map(Bytes::from);
                bytes.map_err(|error| BridgeError::Unavailable(format!("dead letter {sequence}: {error}").into()))
            };
            let (headers, payload) = (HeaderBlock::from(decoded(headers)?), decoded(payload)?);
            let bytes = payload.len();
            page.add(dead(attributes::read(&headers, payload)), bytes, token(sequence));
        }
        Ok(page.into_found())
    }

    /// Removes one.
    pub(super) async fn remove(&self, sequence: u64) -> Result<(), BridgeError> {
        let live = self.publisher.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let what = format!("STREAM.MSG.DELETE.{}", self.stream);
        let delete = MessageDelete { sequence, no_erase: true };
        match self.api.call::<MessageDeleteResponse>(&live, &what, &delete).await {
            Ok(MessageDeleteResponse {}) => Ok(()),
            Err(error) if error.is_absence_of_a_message() => Ok(()),
            Err(error) => Err(error.at("a dead letter")),
        }
    }

    async fn find(&self, sequence: u64) -> Result<Option<StoredMessage>, BridgeError> {
        let live = self.publisher.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let found = self.api.message(&live, &self.stream, &MessageGet { sequence, subject: &self.subject }).await;
        found.map_err(|error| error.at("dead letters"))
    }
}
