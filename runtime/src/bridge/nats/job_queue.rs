//! A queue of jobs: a work queue of JetStream, with a stream of its own.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::time::Instant;

use crate::bridge::nats::attributes;
use crate::bridge::nats::jetstream_api::{EmptyRequest, JetStreamApi};
use crate::bridge::nats::jetstream_objects::{ConsumerInfo, MessageGet, StreamInfo};
use crate::bridge::nats::live_connection::LiveConnection;
use crate::bridge::nats::names;
use crate::bridge::nats::publisher::{NatsPublisher, OutgoingPublish};
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{BrokerQueue, WAIT_LIMIT};
use crate::bridge::{BridgeError, Depth, Job};
use crate::message::Message;

/// The work queue of a queue's jobs, as those see it who put them in.
pub(super) struct NatsQueue {
    publisher: Arc<NatsPublisher>,
    api: JetStreamApi,
    subject: &'static str,
    stream: String,
}

impl NatsQueue {
    pub(super) fn new(publisher: &Arc<NatsPublisher>, api: &JetStreamApi, subject: &'static str) -> Self {
        Self { publisher: Arc::clone(publisher), api: api.clone(), subject, stream: names::queue_stream(subject) }
    }

    /// For how long a message has been in the stream, by the clocks of server and process.
    async fn age(&self, live: &LiveConnection, sequence: u64) -> Result<Duration, BridgeError> {
        let found = self.api.message(live, &self.stream, &MessageGet { sequence, subject: self.subject }).await;
        // Somebody has it by now: then there is none that waits.
        let Some(message) = found.map_err(|error| error.at("the oldest job"))? else { return Ok(Duration::ZERO) };
        let stored = OffsetDateTime::parse(&message.time, &Rfc3339).map_err(|error| {
            BridgeError::Unavailable(format!("`{}` is the time of a message: {error}", message.time).into())
        })?;
        Ok(SystemTime::now().duration_since(stored.into()).unwrap_or_default())
    }
}

impl BrokerQueue for NatsQueue {
    async fn push(&self, job: &Job) -> Result<(), BridgeError> {
        let Job { message, delay, deduplication } = job;
        let subject = self.subject;
        if delay.is_some() {
            let what = "jobs for later: the servers that are supported cannot hold a message back";
            return Err(BridgeError::Unsupported { at: subject, what });
        }
        let outgoing = Outgoing::new(subject, message, &self.publisher.connection.source);
        let body = self.publisher.body(&outgoing, message)?;
        let mut headers = attributes::write(&outgoing);
        match deduplication {
            Some(id) => headers.put_all(attributes::MESSAGE_ID, utf8_percent_encode(id, NON_ALPHANUMERIC)),
            // A second attempt at the same job is no second job.
            None => headers.put(attributes::MESSAGE_ID, &message.metadata().id.to_string()),
        }
        let headers = headers.finish();
        self.publisher.publish(OutgoingPublish { subject, durable: true, body, headers, queue: Some(subject) }).await
    }

    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        self.publisher.check(self.subject, job)
    }

    async fn depth(&self) -> Result<Depth, BridgeError> {
        let live = self.publisher.connection.ready(Instant::now() + WAIT_LIMIT).await?;
        let Self { stream, .. } = self;
        let what = format!("CONSUMER.INFO.{stream}.{}", names::WORKERS);
        let workers: ConsumerInfo =
            self.api.call(&live, &what, &EmptyRequest {}).await.map_err(|error| error.at(&what))?;
        let what = format!("STREAM.INFO.{stream}");
        let info: StreamInfo = self.api.call(&live, &what, &EmptyRequest {}).await.map_err(|error| error.at(&what))?;
        let leased = workers.num_ack_pending.min(info.state.messages);
        let waiting = info.state.messages - leased;
        let age = if waiting == 0 { Duration::ZERO } else { self.age(&live, workers.delivered.stream + 1).await? };
        let count = |number| usize::try_from(number).unwrap_or(usize::MAX);
        // One that is to be tried again after a pause is pending like one that a worker has.
        Ok(Depth { waiting: count(waiting), delayed: None, leased: Some(count(leased)), age: Some(age) })
    }

    fn is_away(&self) -> bool {
        !self.publisher.connection.state.is_up()
    }
}
