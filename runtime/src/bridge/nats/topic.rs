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

/// How many bytes the headers of an event have at most beside its attributes: its sequence, its `Nats-Msg-Id`, and,
/// once it is a dead letter, why it was given up, in short.
const MORE: usize = 512;

/// Of how many bytes the attributes of an event certainly are less, encoded and all.
const ATTRIBUTES: usize = 64 * 1024;

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
        let connection = &*self.publisher.connection;
        let mut outgoing = Outgoing::new(self.subject, &event, &connection.source);
        let body = outgoing.body(connection.largest)?;
        let announced = connection.current().map(|live| live.client.max_payload());
        if announced.is_some_and(|limit| body.len() + ATTRIBUTES > limit) {
            Topic::check(self, &event)?;
        }
        let numbered = self.numbering.number(event.metadata().id);
        outgoing.sequence = Some(numbered.sequence);
        let mut headers = attributes::write(&outgoing);
        // A second attempt at the same event is no second event.
        headers.put(attributes::MESSAGE_ID, &event.metadata().id.to_string());
        let (durable, headers) = (self.declarations.is_durable(self.subject), headers.finish());
        self.publisher.publish(OutgoingPublish { subject: self.subject, durable, body, headers }).await?;
        numbered.settle();
        Ok(())
    }
}

impl Topic for NatsTopic {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.publish(event))
    }

    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        let connection = &*self.publisher.connection;
        let outgoing = Outgoing::new(self.subject, event, &connection.source);
        let body = outgoing.body(connection.largest)?;
        let Some(live) = connection.current() else { return Ok(()) };
        // What the server takes may be less than we think, and counts the headers, of which an event has two more.
        let (limit, size) =
            (live.client.max_payload(), body.len() + attributes::write(&outgoing).finish().len() + MORE);
        if size <= limit {
            return Ok(());
        }
        Err(BridgeError::TooLarge { subject: self.subject.to_owned(), size, limit: limit as u64 })
    }

    fn is_away(&self) -> bool {
        !self.publisher.connection.state.is_up()
    }
}
