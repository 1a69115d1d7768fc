//! A subscription at the broker: a queue of its own, which all instances take from.

use std::sync::Arc;
use std::time::Duration;

use super::graves::Graves;
use super::later::Later;
use super::properties;
use super::receipt::Receipt;
use super::tap::Tap;
use crate::bridge::remote::{Buried, Delivered, Look, Source};
use crate::bridge::{BridgeError, DeadMessage, Delivery};
use crate::one_line::OneLine;

/// A subscription at the broker.
pub(super) struct Subscription {
    pub(super) tap: Arc<Tap>,
    pub(super) graves: Graves,
    pub(super) later: Later,
    /// Whether the queue counts deliveries.
    pub(super) counts: bool,
    /// Whether those behind a message have to wait for it.
    pub(super) ordered: bool,
}

impl Subscription {
    /// Takes nothing new. What others can have is given back. Where order matters, they have it with the end of the connection:
    /// cancelled, the consumer would hand its place to the next one, which gets what is behind the messages that this one has.
    pub(super) async fn drain(&self) {
        if self.ordered {
            self.tap.shut();
        } else {
            self.tap.close().await;
            self.tap.give_back().await;
        }
    }
}

impl Source for Subscription {
    type Token = Receipt;

    async fn receive(&self) -> Option<Delivered<Receipt>> {
        let (delivery, token) = self.tap.next().await?;
        let incoming = properties::read(&delivery.properties, delivery.data.into());
        // A classic queue only says that it has delivered a message before, to somebody who did not take it.
        let redelivered = if self.counts { properties::delivered_before(&delivery.properties) } else { 0 };
        Some(Delivered { incoming, redelivered, token })
    }

    async fn done(&self, token: Receipt) -> Result<(), BridgeError> {
        token.acknowledge()
    }

    async fn back(&self, token: Receipt) -> Result<(), BridgeError> {
        token.give_back()
    }

    async fn again(&self, delivery: &Delivery, token: Receipt, pause: Duration) -> Result<bool, BridgeError> {
        if !token.held_since().is_some_and(|since| self.later.is_too_long(since, pause)) {
            return Ok(false);
        }
        match self.later.keep(delivery, pause).await {
            Ok(()) => token.acknowledge().map(|()| true),
            // It is held: the broker takes it back in the end.
            Err(error) => {
                let id = delivery.message.metadata().id;
                tracing::warn!(target: "pontoon", message = %id, error = %OneLine(&error), "a message cannot wait at the broker");
                Ok(false)
            }
        }
    }

    fn is_lost(&self, token: &Receipt) -> bool {
        token.is_lost()
    }

    fn handled(&self, took: Duration) {
        self.tap.handled(took);
    }

    fn aside(&self, count: usize) {
        self.tap.aside(count);
    }

    async fn bury(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.graves.bury(dead).await
    }

    async fn buried(&self, look: Look) -> Result<Vec<Buried<Receipt>>, BridgeError> {
        self.graves.look(look).await
    }
}
