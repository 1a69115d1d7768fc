//! The dead letters of one subscription: a subject of the stream of all dead letters.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_nats::header::NATS_MESSAGE_ID;
use async_nats::jetstream::ErrorCode;
use async_nats::jetstream::message::StreamMessage;
use async_nats::jetstream::stream::RawMessage;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::bridge::nats::error::JetStreamError;
use crate::bridge::nats::jetstream_api::JetStreamApi;
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

/// `$JS.API.STREAM.MSG.GET`: the first message of a subject from a sequence on.
#[derive(Serialize)]
struct MessageGet<'s> {
    #[serde(rename = "seq")]
    sequence: u64,
    #[serde(rename = "next_by_subj")]
    subject: &'s str,
}

/// The response to `$JS.API.STREAM.MSG.GET`: a message of a stream.
#[derive(Deserialize)]
struct MessageGetResponse {
    message: RawMessage,
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
        let headers = || {
            let mut headers = attributes::write(&outgoing);
            attributes::insert(&mut headers, NATS_MESSAGE_ID, &id);
            headers
        };
        let (subject, permitted) = (&*self.subject, &AtomicU64::new(0));
        self.publisher.publish(OutgoingPublish { subject, durable: true, permitted, body, headers }).await
    }

    /// Dead letters, oldest first, with what they are removed by.
    pub(super) async fn dead_letters<T>(
        &self,
        query: DeadLetterQuery,
        token: impl Fn(u64) -> T,
    ) -> Result<Vec<FoundDeadLetter<T>>, BridgeError> {
        let (mut page, mut next) = (DeadLetterPage::new(query), 1);
        while !page.is_full()
            && let Some(StreamMessage { headers, payload, sequence, .. }) = self.find(next).await?
        {
            next = sequence + 1;
            let bytes = payload.len();
            page.add(dead(attributes::read(Some(&headers), payload)), bytes, token(sequence));
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
            Err(error) if is_absent(&error) => Ok(()),
            Err(error) => Err(error.at("a dead letter")),
        }
    }

    async fn find(&self, sequence: u64) -> Result<Option<StreamMessage>, BridgeError> {
        let live = self.publisher.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let (what, find) = (format!("STREAM.MSG.GET.{}", self.stream), MessageGet { sequence, subject: &self.subject });
        match self.api.call::<MessageGetResponse>(&live, &what, &find).await {
            Ok(MessageGetResponse { message }) => {
                let number = message.sequence;
                let read = StreamMessage::try_from(message).map(Some);
                read.map_err(|error| BridgeError::Unavailable(format!("dead letter {number}: {error}").into()))
            }
            Err(error) if is_absent(&error) => Ok(None),
            Err(error) => Err(error.at("dead letters")),
        }
    }
}

/// There is no such message, or no dead letter at all.
fn is_absent(error: &JetStreamError) -> bool {
    let absent = [ErrorCode::NO_MESSAGE_FOUND, ErrorCode::STREAM_NOT_FOUND, ErrorCode::SEQUENCE_NOT_FOUND];
    match error {
        JetStreamError::Api(error) => absent.contains(&error.error_code()),
        JetStreamError::Absent => true,
        JetStreamError::Bridge(_) => false,
    }
}
