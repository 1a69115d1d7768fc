//! A subscription: the consumer of a queue of its own, which all instances take from.

use std::sync::Arc;
use std::time::Duration;

use super::ack_tag::{AckTag, TaggedDelivery};
use super::attributes;
use super::dead_letters::DeadLetterStore;
use super::delays::Delays;
use super::queue_consumer::QueueConsumer;
use crate::bridge::network::{BrokerSubscription, DeadLetterQuery, FoundDeadLetter, ReceivedMessage};
use crate::bridge::{BridgeError, DeadMessage, Delivery};
use crate::one_line::OneLine;

/// A subscription, with the consumer of its queue.
pub(super) struct AmqpSubscription {
    pub(super) consumer: Arc<QueueConsumer>,
    pub(super) dead_letters: DeadLetterStore,
    pub(super) delays: Delays,
    /// Whether the queue counts deliveries.
    pub(super) counts: bool,
    /// Whether those behind a message have to wait for it.
    pub(super) ordered: bool,
}

impl AmqpSubscription {
    /// Takes nothing new. What others can have is requeued. Where order matters, they have it with the end of the
    /// connection: cancelled, the single active consumer would hand its place to the next one, which gets what is
    /// behind the messages that this one has.
    pub(super) async fn drain(&self) {
        if self.ordered {
            self.consumer.shut();
        } else {
            self.consumer.close().await;
            self.consumer.give_back().await;
        }
    }
}

impl BrokerSubscription for AmqpSubscription {
    type Token = AckTag;

    async fn receive(&self) -> Option<ReceivedMessage<AckTag>> {
        let TaggedDelivery { delivery, ack_tag: token } = self.consumer.next().await?;
        let incoming = attributes::read(&delivery.properties, delivery.data.into());
        // A classic queue only says that it has delivered a message before, to somebody who did not take it.
        let redelivered = if self.counts { attributes::delivered_before(&delivery.properties) } else { 0 };
        Some(ReceivedMessage { incoming, redelivered, token })
    }

    async fn ack(&self, token: AckTag) -> Result<(), BridgeError> {
        token.acknowledge()
    }

    async fn release(&self, token: AckTag) -> Result<(), BridgeError> {
        token.give_back()
    }

    async fn retry(&self, delivery: &Delivery, token: AckTag, pause: Duration) -> Result<bool, BridgeError> {
        if !token.held_since().is_some_and(|since| self.delays.is_too_long(since, pause)) {
            return Ok(false);
        }
        match self.delays.keep(delivery, pause).await {
            Ok(()) => token.acknowledge().map(|()| true),
            // It is held: the broker takes it back in the end.
            Err(error) => {
                let id = delivery.message.metadata().id;
                tracing::warn!(target: "pontoon", message = %id, error = %OneLine(&error), "a message cannot wait at the broker");
                Ok(false)
            }
        }
    }

    fn is_lost(&self, token: &AckTag) -> bool {
        token.is_lost()
    }

    fn handled(&self, took: Duration) {
        self.consumer.handled(took);
    }

    fn parked(&self, count: usize) {
        self.consumer.parked(count);
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<AckTag>>, BridgeError> {
        self.dead_letters.look(query).await
    }
}
