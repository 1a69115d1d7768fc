//! Requests, and their replies, which come to the response topic of this process.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use bytes::Bytes;
use rumqttc::mqttbytes::v5::Publish;
use tokio::time::Instant;

use super::attributes::{AttributeWriter, attribute, whole_seconds};
use super::connection::Connection;
use super::error::MqttError;
use super::live_connection::{ConnectionCommand, PublishNotify, PublishOutcome};
use super::names;
use super::publisher::{SUSPECT, fits, refused};
use super::suspects::Suspects;
use crate::bridge::network::wire::{Outgoing, read_reply};
use crate::bridge::network::{CircuitBreaker, InFlight, WAIT_LIMIT};
use crate::bridge::pending::Pending;
use crate::bridge::{BridgeError, Reply, Request};
use crate::fault::FaultClass;
use crate::health::Health;
use crate::message::id::Id;
use crate::one_line::OneLine;

/// A request without a PUBACK: the connection was lost before, which may be because of it.
#[derive(Debug)]
struct LostInFlight;

impl fmt::Display for LostInFlight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the connection was lost while the request was under way")
    }
}

impl Error for LostInFlight {}

/// The receiver of replies on the response topic of this process.
pub(super) struct ReplyReceiver {
    pub(super) pending: Pending,
    /// What only those know of this process whom it has asked: others who may publish to its topic answer nothing.
    secret: u64,
}

impl ReplyReceiver {
    pub(super) fn new() -> Self {
        Self { pending: Pending::default(), secret: RandomState::new().hash_one(0) }
    }

    /// What names a request, and proves that its reply answers it.
    fn correlation(&self, key: u64) -> Bytes {
        Bytes::from([self.secret.to_be_bytes(), key.to_be_bytes()].concat())
    }

    /// The key of the request that these data name, if it is one of ours.
    fn key(&self, correlation: &[u8]) -> Option<u64> {
        let key = correlation.strip_prefix(&self.secret.to_be_bytes())?;
        key.try_into().ok().map(u64::from_be_bytes)
    }

    /// A reply has come.
    pub(super) fn received(&self, publish: &Publish) {
        let correlation = publish.properties.as_ref().and_then(|properties| properties.correlation_data.as_ref());
        let Some(key) = correlation.and_then(|data| self.key(data)) else {
            tracing::debug!(target: "pontoon", "a reply to nothing that we asked");
            return;
        };
        let reply = read_reply(publish.payload.clone(), |name| attribute(publish, name)).unwrap_or_else(|malformed| {
            let id = Id::random();
            tracing::error!(target: "pontoon", fault = %id, malformed = %OneLine(&malformed), "a reply cannot be read");
            Reply::Fault { id, class: FaultClass::Malformed }
        });
        self.pending.answer(key, Ok(reply));
    }

    /// A request has not reached anybody. Which command it was, who asked knows.
    pub(super) fn unanswered(&self, key: u64, outcome: PublishOutcome) {
        let error = match outcome {
            PublishOutcome::Refused(reason) => MqttError::unpublished("the command", reason).into(),
            PublishOutcome::Unwritable(why) => MqttError::Unsendable(why).into(),
            PublishOutcome::Broken => BridgeError::Unavailable(Box::new(LostInFlight)),
            PublishOutcome::Acked | PublishOutcome::NoSubscribers | PublishOutcome::Lost => {
                BridgeError::NoResponder { subject: "" }
            }
        };
        self.pending.answer(key, Err(error));
    }

    /// No reply can come any more: the topic where they arrive is gone with the connection.
    pub(super) fn lost(&self, why: &str) {
        self.pending.fail(|| BridgeError::Unavailable(format!("the reply cannot come any more: {why}").into()));
    }
}

/// The publisher of requests, and the receiver of their replies on the response topic.
pub(super) struct Requests {
    context: RequestContext,
    circuit_breaker: CircuitBreaker,
    suspects: Suspects,
}

/// The connection that requests are published on, and the response topic of their replies.
pub(super) struct RequestContext {
    pub(super) connection: Arc<Connection>,
    pub(super) replies: Arc<ReplyReceiver>,
    pub(super) in_flight: Arc<InFlight>,
    pub(super) source: Arc<str>,
    pub(super) response_topic: String,
    /// The largest payload, in bytes.
    pub(super) largest: u64,
}

impl Requests {
    pub(super) fn new(context: RequestContext) -> Self {
        Self { context, circuit_breaker: CircuitBreaker::new(), suspects: Suspects::default() }
    }

    /// The receiver of replies.
    pub(super) fn replies(&self) -> &ReplyReceiver {
        &self.context.replies
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, BridgeError> {
        let RequestContext { connection, replies, in_flight, source, response_topic, largest } = &self.context;
        let _in_flight = in_flight.begin()?;
        let Request { subject, message, deadline, attempt } = request;
        let outgoing = Outgoing { attempt, deadline: Some(deadline), ..Outgoing::new(subject, &message, source) };
        let body = outgoing.body(*largest)?;
        self.circuit_breaker.pass()?;
        let live = connection.ready(deadline.min(Instant::now() + WAIT_LIMIT)).await?;
        let waiting = replies.pending.begin();
        let correlation = replies.correlation(waiting.key);
        let seconds = whole_seconds(deadline.saturating_duration_since(Instant::now()));
        let properties = AttributeWriter::of(&outgoing).asking(response_topic, correlation, seconds);
        let publish = properties.publish(names::published(subject), body);
        fits(&publish, &live, subject)?;
        let id = message.metadata().id;
        if self.suspects.breaks(id) < SUSPECT {
            live.send(ConnectionCommand::Publish(publish, PublishNotify::Request(waiting.key))).await?;
        } else {
            let probed = connection.probe.publish(&publish, deadline).await;
            match probed.map_err(|error| refused(subject, &publish, error))? {
                PublishOutcome::Acked => self.suspects.cleared(id),
                outcome => replies.unanswered(waiting.key, outcome),
            }
        }
        let answer = waiting.answer().await;
        if matches!(&answer, Err(BridgeError::Unavailable(why)) if why.is::<LostInFlight>()) {
            self.suspects.broke(id);
        }
        match answer {
            Ok(reply) => {
                self.circuit_breaker.taken();
                Ok(reply)
            }
            Err(BridgeError::NoResponder { .. }) => {
                self.circuit_breaker.taken();
                Err(BridgeError::NoResponder { subject })
            }
            Err(BridgeError::Denied(_)) => {
                let why = format!("the broker does not let us call `{subject}`");
                self.circuit_breaker.refused(&why);
                Err(BridgeError::Denied(why.into()))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the broker lets us ask.
    pub(super) fn health(&self) -> Health {
        self.circuit_breaker.health()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_not_asked_answers_nothing() {
        let (replies, other) = (ReplyReceiver::new(), ReplyReceiver::new());
        let ours = replies.correlation(7);
        assert_eq!((replies.key(&ours), other.key(&ours)), (Some(7), None));
        for data in [&[][..], &7_u64.to_be_bytes(), &ours[..15], &[&ours[..], &[0]].concat()] {
            assert_eq!(replies.key(data), None, "{data:?}");
        }
    }
}
