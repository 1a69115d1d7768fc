//! The publisher of the events of one subject, to their exchange.

use std::sync::Arc;

use super::attributes;
use super::publisher::AmqpPublisher;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{InFlight, Numbering};
use crate::bridge::{BridgeError, Topic};
use crate::health::Health;
use crate::maybe_ready::MaybeReady;
use crate::message::Message;

/// The publisher of the events of one subject, to their exchange.
pub(super) struct AmqpTopic {
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    pub(super) numbering: Numbering,
    pub(super) publisher: Arc<AmqpPublisher>,
    pub(super) in_flight: Arc<InFlight>,
}

impl AmqpTopic {
    /// Whether events can be published.
    pub(super) fn health(&self) -> Health {
        self.publisher.health()
    }

    async fn publish(&self, event: &Message) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let mut outgoing = Outgoing::new(self.subject, event, &self.source);
        let body = outgoing.body(self.publisher.limit.bytes())?;
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        self.publisher.publish(&body, || attributes::persistent(&outgoing)).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for AmqpTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(async move { Self::publish(self, &event).await })
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        Outgoing::new(self.subject, event, &self.source).body(self.publisher.limit.bytes()).map(drop)
    }

    fn is_away(&self) -> bool {
        self.publisher.is_away()
    }
}
