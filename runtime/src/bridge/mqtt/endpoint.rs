//! The endpoint of a command. Its requests come with QoS 0: whoever waits for the reply has a guarantee of their own,
//! and a request that nobody takes in time is better not kept.

use std::sync::Arc;

use bytes::Bytes;
use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::attributes::{self, AttributeWriter};
use super::connection::Connection;
use super::inbound_queue::{InboundQueue, Weight};
use super::live_connection::{ConnectionCommand, LiveConnection, PublishNotify};
use super::names;
use super::publisher::{OutgoingPublish, deliver, fits};
use crate::bridge::network::wire::{Malformed, UnreadableMessage, write_reply};
use crate::bridge::network::{AtomicCounters, InFlight};
use crate::bridge::{BridgeError, Endpoint, IncomingRequest, Reply, ReplyTo};
use crate::fault::FaultClass;
use crate::maybe_ready::MaybeReady;
use crate::message::id::Id;
use crate::one_line::OneLine;

/// A request for a command that has come.
pub(super) struct ReceivedRequest {
    publish: Publish,
    arrived: Instant,
}

impl Weight for ReceivedRequest {
    fn weight(&self) -> usize {
        self.publish.weight()
    }
}

/// The requests for a command that have come, and how they are answered.
pub(super) struct ReceivedRequests {
    pub(super) subject: &'static str,
    /// In bytes.
    pub(super) largest: u64,
    /// What the topics of all callers begin with.
    pub(super) callers: String,
    pub(super) queue: InboundQueue<ReceivedRequest>,
    pub(super) counters: Arc<AtomicCounters>,
}

/// The endpoint of a command, with its shared subscription.
pub(super) struct MqttEndpoint {
    pub(super) requests: Arc<ReceivedRequests>,
    pub(super) connection: Arc<Connection>,
    pub(super) in_flight: Arc<InFlight>,
    /// The topic filter of its shared subscription.
    pub(super) filter: String,
}

impl ReceivedRequests {
    /// A request has come. One for which there is no room is turned away.
    pub(super) fn received(&self, publish: Publish, live: Option<&LiveConnection>) {
        let refused = self.queue.offer(ReceivedRequest { publish, arrived: Instant::now() });
        if let (Err(call), Some(live)) = (refused, live) {
            self.turn_away(&call.publish, live);
        }
    }

    /// A reply as it is sent.
    fn reply(&self, to: &ReplyTo, reply: Reply) -> Publish {
        let mut properties = AttributeWriter::new();
        let body = write_reply(reply, self.subject, self.largest, |attribute, text| {
            properties.put(attribute, text);
        });
        properties.answering(to.correlation.clone()).publish(Bytes::copy_from_slice(to.address.as_bytes()), body)
    }

    /// Where the reply to a request goes; `None` where its caller wants none, or names a topic that is no caller's.
    fn reply_to(&self, publish: &Publish) -> Option<ReplyTo> {
        let properties = publish.properties.as_ref()?;
        let address = properties.response_topic.as_ref()?;
        if !names::is_callers(&self.callers, address) {
            self.counters.refuse_reply(self.subject, address);
            return None;
        }
        let correlation = properties.correlation_data.clone().unwrap_or_default();
        Some(ReplyTo { address: address.clone(), correlation })
    }

    /// A request for which there is no room: its caller hears so, and may try again.
    fn turn_away(&self, publish: &Publish, live: &LiveConnection) {
        let (subject, id) = (self.subject, Id::random());
        tracing::warn!(target: "pontoon", subject, fault = %id, "more requests wait than there is room for");
        if let Some(to) = self.reply_to(publish) {
            self.try_reply(&to, Reply::Fault { id, class: FaultClass::Unavailable }, live);
        }
    }

    /// Replies if that is possible now.
    fn try_reply(&self, to: &ReplyTo, reply: Reply, live: &LiveConnection) {
        let reply = self.reply(to, reply);
        if let Err(error) = fits(&reply, live, self.subject) {
            tracing::warn!(target: "pontoon", subject = self.subject, error = %OneLine(&error), "a reply could not be sent");
            return;
        }
        // What the broker says of it changes nothing.
        let (sender, _) = oneshot::channel();
        live.try_send(ConnectionCommand::Publish(reply, PublishNotify::Acked(sender)));
    }
}

impl MqttEndpoint {
    async fn take(&self) -> Option<IncomingRequest> {
        loop {
            let ReceivedRequest { publish, arrived } = self.requests.queue.take().await?;
            let reply_to = self.requests.reply_to(&publish);
            match attributes::read_request(&publish, arrived) {
                Ok(incoming) => {
                    self.requests.counters.look_at_clock(&incoming);
                    return Some(IncomingRequest { message: incoming.message, attempt: incoming.attempt, reply_to });
                }
                Err(UnreadableMessage { malformed, .. }) => self.refuse(&malformed, reply_to.as_ref()),
            }
        }
    }

    /// A request that cannot be read: its caller gets a fault, if there is one who listens.
    fn refuse(&self, malformed: &Malformed, reply_to: Option<&ReplyTo>) {
        let fault = self.requests.counters.unreadable(self.requests.subject, malformed);
        if let (Some(to), Some(live)) = (reply_to, self.connection.current()) {
            self.requests.try_reply(to, fault, &live);
        }
    }

    async fn answer(&self, to: &ReplyTo, reply: Reply) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        match self.send(to, reply).await {
            Err(error @ (BridgeError::TooLarge { .. } | BridgeError::Malformed(_))) => {
                // Who waits for it hears that it cannot come.
                let (subject, id) = (self.requests.subject, Id::random());
                tracing::error!(target: "pontoon", subject, fault = %id, error = %OneLine(&error), "a reply cannot be sent");
                self.send(to, Reply::Fault { id, class: FaultClass::Malformed }).await
            }
            sent => sent,
        }
    }

    async fn send(&self, to: &ReplyTo, reply: Reply) -> Result<(), BridgeError> {
        let publish = self.requests.reply(to, reply);
        let outgoing = OutgoingPublish { subject: self.requests.subject, packet: || publish.clone() };
        deliver(&self.connection, None, outgoing, PublishNotify::Acked).await.map_err(BridgeError::from)
    }
}

impl Endpoint for MqttEndpoint {
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>> {
        MaybeReady::boxed(self.take())
    }

    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::boxed(Self::answer(self, to, reply))
    }
}
