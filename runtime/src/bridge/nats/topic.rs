//! The publisher of the events of one subject.

use std::sync::Arc;

use crate::bridge::nats::attributes;
use crate::bridge::nats::declarations::Declarations;
use crate::bridge::nats::publisher::{NatsPublisher, OutgoingPublish};
use crate::bridge::network::Numbering;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::{BridgeError, Topic};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;

/// The publisher of the events of one subject.
pub(super) struct NatsTopic {
    publisher: Arc<NatsPublisher>,
    declarations: Arc<Declarations>,
    subject: &'static str,
    numbering: Numbering,
}

impl NatsTopic {
    pub(super) fn new(publisher: &Arc<NatsPublisher>, declarations: &Arc<Declarations>, subject: &'static str) -> Self {
        let (publisher, declarations) = (Arc::clone(publisher), Arc::clone(declarations));
        Self { publisher, declarations, subject, numbering: Numbering::default() }
    }

    async fn publish(&self, event: Message) -> Result<(), BridgeError> {
        let mut outgoing = Outgoing::new(self.subject, &event, &self.publisher.connection.source);
        let body = self.publisher.body(&outgoing, &event)?;
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        let mut headers = attributes::write(&outgoing);
        // A second attempt at the same event is no second event.
        headers.put(attributes::MESSAGE_ID, &event.metadata().id.to_string());
        let (durable, headers) = (self.declarations.is_durable(self.subject), headers.finish());
        let subject = self.subject;
        self.publisher.publish(OutgoingPublish { subject, durable, body, headers, queue: None }).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for NatsTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.publish(event))
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        self.publisher.check(self.subject, event)
    }

    fn is_away(&self) -> bool {
        !self.publisher.connection.state.is_up()
    }
}
