//! A subscription whose events may be lost: core NATS.

use std::sync::Arc;

use async_nats::Message;

use crate::bridge::nats::graveyard::Graveyard;
use crate::bridge::nats::headers;
use crate::bridge::nats::shelf::Shelf;
use crate::bridge::remote::{Buried, Delivered, Look, Source};
use crate::bridge::{BridgeError, DeadMessage};

/// A subscription whose events may be lost.
pub(super) struct Lossy {
    pub(super) shelf: Arc<Shelf>,
    pub(super) graveyard: Graveyard,
}

impl Source for Lossy {
    /// The sequence of a dead letter. An event has nobody who waits for its acknowledgement.
    type Token = Option<u64>;

    async fn receive(&self) -> Option<Delivered<Option<u64>>> {
        let Message { payload, headers, .. } = self.shelf.take().await?;
        let incoming = headers::read(headers.as_ref(), payload);
        Some(Delivered { incoming, redelivered: 0, token: None })
    }

    async fn done(&self, token: Option<u64>) -> Result<(), BridgeError> {
        match token {
            Some(sequence) => self.graveyard.remove(sequence).await,
            None => Ok(()),
        }
    }

    /// There is nobody to give it to.
    async fn back(&self, _: Option<u64>) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn bury(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.graveyard.bury(dead).await
    }

    async fn buried(&self, look: Look) -> Result<Vec<Buried<Option<u64>>>, BridgeError> {
        self.graveyard.buried(look, Some).await
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn waiting(&self) -> usize {
        self.shelf.waiting()
    }
}
