//! Requests and their replies, which come to a topic of this process.

use std::sync::Arc;

use bytes::Bytes;
use rumqttc::mqttbytes::v5::Publish;
use serde::ser::Error as _;
use tokio::time::Instant;

use super::connection::Connection;
use super::line::{Order, Verdict, Word};
use super::names;
use super::outlet::fits;
use super::properties::{Properties, attribute};
use super::trouble::Trouble;
use crate::bridge::pending::Pending;
use crate::bridge::remote::{Bar, Flights, PATIENCE};
use crate::bridge::{BridgeError, Reply, Request};
use crate::fault::FaultClass;
use crate::health::Health;
use crate::id::Id;
use crate::wire::{Outgoing, read_reply};

/// Hands out replies to those who wait for them.
#[derive(Default)]
pub(super) struct Replies {
    pub(super) pending: Pending,
}

impl Replies {
    /// A reply has come.
    pub(super) fn heard(&self, publish: &Publish) {
        let correlation = publish.properties.as_ref().and_then(|properties| properties.correlation_data.as_ref());
        let key = correlation.and_then(|data| data.as_ref().try_into().ok()).map(u64::from_be_bytes);
        let Some(key) = key else {
            tracing::debug!(target: "pontoon", "a reply to nothing that we asked");
            return;
        };
        let reply = read_reply(publish.payload.clone(), |name| attribute(publish, name)).unwrap_or_else(|malformed| {
            let id = Id::draw();
            tracing::error!(target: "pontoon", fault = %id, %malformed, "a reply cannot be read");
            Reply::Fault { id, class: FaultClass::Malformed }
        });
        self.pending.answer(key, Ok(reply));
    }

    /// A request has not reached anybody. Which command it was, who asked knows.
    pub(super) fn unanswered(&self, key: u64, verdict: Verdict) {
        let error = match verdict {
            Verdict::Refused(reason) => Trouble::unpublished("", reason).into(),
            Verdict::Unwritable(why) => BridgeError::Malformed(serde_json::Error::custom(why)),
            Verdict::Taken | Verdict::Nobody | Verdict::Lost => BridgeError::NoResponder { subject: "" },
        };
        self.pending.answer(key, Err(error));
    }

    /// No reply can come any more: the topic where they arrive is gone with the connection.
    pub(super) fn lost(&self, why: &str) {
        self.pending.fail(|| BridgeError::Unavailable(format!("the reply cannot come any more: {why}").into()));
    }
}

/// Asks.
pub(super) struct Requests {
    connection: Arc<Connection>,
    pub(super) replies: Arc<Replies>,
    flights: Arc<Flights>,
    source: Arc<str>,
    /// Where replies arrive.
    reply_topic: String,
    /// In bytes.
    largest: u64,
    bar: Bar,
}

impl Requests {
    pub(super) fn new(
        (connection, replies, flights): (&Arc<Connection>, &Arc<Replies>, &Arc<Flights>),
        source: Arc<str>,
        reply_topic: String,
        largest: u64,
    ) -> Self {
        let (connection, replies) = (Arc::clone(connection), Arc::clone(replies));
        Self { connection, replies, flights: Arc::clone(flights), source, reply_topic, largest, bar: Bar::new() }
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, BridgeError> {
        let _flight = self.flights.begin()?;
        let Request { subject, message, deadline, attempt } = request;
        let outgoing = Outgoing { attempt, deadline: Some(deadline), ..Outgoing::new(subject, &message, &self.source) };
        let body = outgoing.body(self.largest)?;
        self.bar.pass()?;
        let line = self.connection.line(deadline.min(Instant::now() + PATIENCE)).await?;
        let waiting = self.replies.pending.begin();
        let key = Bytes::copy_from_slice(&waiting.key.to_be_bytes());
        let properties = Properties::of(&outgoing).asking(&self.reply_topic, key, seconds_until(deadline));
        let publish = properties.publish(names::published(subject), body);
        fits(&publish, &line, subject)?;
        line.order(Order::Publish(publish, Word::Asked(waiting.key))).await?;
        let answer = waiting.answer().await;
        match answer {
            Ok(reply) => {
                self.bar.taken();
                Ok(reply)
            }
            Err(BridgeError::NoResponder { .. }) => {
                self.bar.taken();
                Err(BridgeError::NoResponder { subject })
            }
            Err(BridgeError::Denied(_)) => {
                let why = format!("the broker does not let us call `{subject}`");
                self.bar.refused(&why);
                Err(BridgeError::Denied(why.into()))
            }
            Err(error) => Err(error),
        }
    }

    /// Whether the broker lets us ask.
    pub(super) fn health(&self) -> Health {
        self.bar.health()
    }
}

/// How long somebody waits, in whole seconds: MQTT has no smaller ones.
fn seconds_until(deadline: Instant) -> u32 {
    let left = deadline.saturating_duration_since(Instant::now());
    u32::try_from(left.as_secs()).unwrap_or(u32::MAX).saturating_add(1)
}
