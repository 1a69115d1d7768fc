//! The publisher of the events of one subject, to their topic.

use std::sync::Arc;

use bytes::Bytes;

use super::attributes::AttributeWriter;
use super::publisher::{MqttPublisher, OutgoingPublish};
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{InFlight, Numbering};
use crate::bridge::{BridgeError, Topic};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;

/// The publisher of the events of one subject, to their topic.
pub(super) struct MqttTopic {
    pub(super) subject: &'static str,
    pub(super) topic: Bytes,
    pub(super) source: Arc<str>,
    /// In bytes.
    pub(super) largest: u64,
    pub(super) numbering: Numbering,
    pub(super) publisher: MqttPublisher,
    pub(super) in_flight: Arc<InFlight>,
}

impl MqttTopic {
    async fn publish(&self, event: &Message) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let mut outgoing = Outgoing::new(self.subject, event, &self.source);
        let body = outgoing.body(self.largest)?;
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        let packet = || AttributeWriter::of(&outgoing).publish(self.topic.clone(), body.clone());
        self.publisher.publish(OutgoingPublish { subject: self.subject, packet }).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for MqttTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(async move { Self::publish(self, &event).await })
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        // The largest number has as many digits as any.
        let outgoing = Outgoing { sequence: Some(u64::MAX), ..Outgoing::new(self.subject, event, &self.source) };
        let body = outgoing.body(self.largest)?;
        self.publisher.fits(&AttributeWriter::of(&outgoing).publish(self.topic.clone(), body), self.subject)
    }

    fn is_away(&self) -> bool {
        self.publisher.is_away()
    }
}
