//! Subscriptions and queues as the runtime takes messages from them: a durable consumer of JetStream, or core NATS
//! where events may be lost.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::time::Instant;

use crate::bridge::nats::ack_subject::{AckKind, AckSubject, deliveries};
use crate::bridge::nats::attributes;
use crate::bridge::nats::client::NatsMessage;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::dead_letters::DeadLetterStore;
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::nats::pull_consumer::PullConsumer;
use crate::bridge::network::{BrokerSubscription, DeadLetterQuery, FoundDeadLetter, ReceivedMessage};
use crate::bridge::{BridgeError, DeadMessage, Delivery};

/// A subscription or a queue with a durable consumer of JetStream: its messages must not be lost.
pub(super) struct JetStreamSubscription {
    pub(super) connection: Arc<Connection>,
    pub(super) consumer: Arc<PullConsumer>,
    pub(super) dead_letters: DeadLetterStore,
}

/// The acknowledgement of a message or a dead letter.
#[derive(Clone)]
pub(super) enum JetStreamToken {
    Message(AckSubject),
    /// The sequence of a dead letter in its stream.
    DeadLetter(u64),
}

impl JetStreamSubscription {
    /// Acknowledges a message, as long as its lease lasts, on whatever connection; not to a server that has started
    /// since and would misunderstand it: from there the message comes again.
    async fn acknowledge(&self, kind: &AckKind, ack: AckSubject) -> Result<(), BridgeError> {
        let until = Instant::now() + self.consumer.lease;
        let mut live = self.connection.ready(until).await?;
        loop {
            if self.consumer.is_void(&ack, &live) {
                tracing::debug!(target: "pontoon", "the NATS server has started since it delivered a message: it comes again");
                return Ok(());
            }
            match live.acknowledge(kind, &ack.subject).await {
                Err(BridgeError::Unavailable(_)) if live.is_lost() => {
                    live = self.connection.after(&live, until).await?;
                }
                sent => return sent,
            }
        }
    }
}

impl BrokerSubscription for JetStreamSubscription {
    type Token = JetStreamToken;

    async fn receive(&self) -> Option<ReceivedMessage<JetStreamToken>> {
        loop {
            let pulled = self.consumer.next(&self.connection).await?;
            // Without one, nobody waits for an acknowledgement: it is not from the stream.
            let Some(ack) = pulled.ack_subject().filter(|ack| self.consumer.is_ack_subject(&ack.subject)) else {
                self.connection.counters.malformed.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            if self.connection.current().is_some_and(|live| self.consumer.is_void(&ack, &live)) {
                continue;
            }
            if self.consumer.is_done(&ack.subject) {
                // The server has not come to what it was told, or was not told. Its handler does not hear of it again.
                let _ = self.acknowledge(&AckKind::Ack, ack).await;
                continue;
            }
            let NatsMessage { payload, headers, .. } = pulled.message;
            let incoming = attributes::read(&headers, payload);
            let redelivered = deliveries(&ack.subject).saturating_sub(1);
            self.consumer.hand_out(&ack.subject);
            return Some(ReceivedMessage { incoming, redelivered, token: JetStreamToken::Message(ack) });
        }
    }

    async fn ack(&self, token: JetStreamToken) -> Result<(), BridgeError> {
        match token {
            JetStreamToken::Message(ack) => {
                self.consumer.let_go(&ack.subject);
                self.acknowledge(&AckKind::Ack, ack.clone()).await?;
                self.consumer.done(&ack.subject);
                Ok(())
            }
            JetStreamToken::DeadLetter(sequence) => self.dead_letters.remove(sequence).await,
        }
    }

    async fn release(&self, token: JetStreamToken) -> Result<(), BridgeError> {
        match token {
            JetStreamToken::Message(ack) => {
                self.consumer.let_go(&ack.subject);
                self.acknowledge(&AckKind::Nak(None), ack).await
            }
            // It has never left.
            JetStreamToken::DeadLetter(_) => Ok(()),
        }
    }

    async fn retry(&self, _: &Delivery, token: JetStreamToken, pause: Duration) -> Result<bool, BridgeError> {
        match token {
            JetStreamToken::Message(ack) => {
                self.consumer.let_go(&ack.subject);
                self.acknowledge(&AckKind::Nak(Some(pause)), ack).await.map(|()| true)
            }
            JetStreamToken::DeadLetter(_) => Ok(false),
        }
    }

    fn lease(&self) -> Option<Duration> {
        Some(self.consumer.lease)
    }

    /// What was handed out is held by the thread of the connection.
    async fn extend(&self, _: JetStreamToken) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<JetStreamToken>>, BridgeError> {
        self.dead_letters.dead_letters(query, JetStreamToken::DeadLetter).await
    }
}

/// A subscription of core NATS: its events may be lost.
pub(super) struct CoreConsumer {
    pub(super) buffer: Arc<DropOldestBuffer>,
    pub(super) dead_letters: DeadLetterStore,
}

impl BrokerSubscription for CoreConsumer {
    /// The sequence of a dead letter. An event has nobody who waits for its acknowledgement.
    type Token = Option<u64>;

    async fn receive(&self) -> Option<ReceivedMessage<Option<u64>>> {
        let NatsMessage { payload, headers, .. } = self.buffer.take().await?;
        let incoming = attributes::read(&headers, payload);
        Some(ReceivedMessage { incoming, redelivered: 0, token: None })
    }

    async fn ack(&self, token: Option<u64>) -> Result<(), BridgeError> {
        match token {
            Some(sequence) => self.dead_letters.remove(sequence).await,
            None => Ok(()),
        }
    }

    /// There is nobody to give it to.
    async fn release(&self, _: Option<u64>) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<Option<u64>>>, BridgeError> {
        self.dead_letters.dead_letters(query, Some).await
    }

    fn is_volatile(&self) -> bool {
        true
    }

    fn waiting(&self) -> usize {
        self.buffer.waiting()
    }
}
