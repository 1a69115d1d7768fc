//! A subscription whose events may be lost: core NATS.

use std::sync::Arc;

use async_nats::Message;

use crate::bridge::nats::attributes;
use crate::bridge::nats::dead_letters::DeadLetterStore;
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::network::{BrokerSubscription, DeadLetterQuery, FoundDeadLetter, ReceivedMessage};
use crate::bridge::{BridgeError, DeadMessage};

/// A subscription whose events may be lost.
pub(super) struct CoreConsumer {
    pub(super) buffer: Arc<DropOldestBuffer>,
    pub(super) dead_letters: DeadLetterStore,
}

impl BrokerSubscription for CoreConsumer {
    /// The sequence of a dead letter. An event has nobody who waits for its acknowledgement.
    type Token = Option<u64>;

    async fn receive(&self) -> Option<ReceivedMessage<Option<u64>>> {
        let Message { payload, headers, .. } = self.buffer.take().await?;
        let incoming = attributes::read(headers.as_ref(), payload);
        Some(ReceivedMessage { incoming, redelivered: 0, token: None })
    }

    async fn done(&self, token: Option<u64>) -> Result<(), BridgeError> {
        match token {
            Some(sequence) => self.dead_letters.remove(sequence).await,
            None => Ok(()),
        }
    }

    /// There is nobody to give it to.
    async fn back(&self, _: Option<u64>) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, look: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<Option<u64>>>, BridgeError> {
        self.dead_letters.dead_letters(look, Some).await
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn waiting(&self) -> usize {
        self.buffer.waiting()
    }
}
