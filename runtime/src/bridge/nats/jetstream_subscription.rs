//! A subscription whose events must not be lost: a durable consumer of JetStream.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_nats::Message;
use tokio::time::Instant;

use crate::bridge::nats::attributes;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::dead_letters::DeadLetterStore;
use crate::bridge::nats::objects::LEASE;
use crate::bridge::nats::pull_consumer::{AckKind, AckSubject, PullConsumer};
use crate::bridge::network::{BrokerSubscription, DeadLetterQuery, FoundDeadLetter, ReceivedMessage};
use crate::bridge::{BridgeError, DeadMessage, Delivery};

/// A subscription whose events must not be lost.
pub(super) struct JetStreamSubscription {
    pub(super) connection: Arc<Connection>,
    pub(super) pull: Arc<PullConsumer>,
    pub(super) dead_letters: DeadLetterStore,
}

/// What a message is acknowledged by.
#[derive(Clone)]
pub(super) enum JetStreamToken {
    /// Where the server hears of it.
    Message(AckSubject),
    /// A dead letter, by its sequence in the stream.
    DeadMessage(u64),
}

impl JetStreamSubscription {
    /// Says something of a message. It is heard as long as the lease lasts, on whatever connection; not by a server that has started
    /// since and would misunderstand it: from there the message comes again.
    async fn say(&self, word: &AckKind, tag: AckSubject) -> Result<(), BridgeError> {
        let session = self.connection.session(Instant::now() + LEASE).await?;
        if self.pull.is_void(&tag, &session) {
            tracing::debug!(target: "pontoon", "the NATS server has started since it delivered a message: it comes again");
            return Ok(());
        }
        session.send(word.parcel(tag.subject)).await
    }
}

impl BrokerSubscription for JetStreamSubscription {
    type Token = JetStreamToken;

    async fn receive(&self) -> Option<ReceivedMessage<JetStreamToken>> {
        loop {
            let taken = self.pull.next(&self.connection).await?;
            // Without one, nobody waits for an acknowledgement: it is not from the stream.
            let Some(tag) = taken.tag().filter(|tag| self.pull.is_ticket(&tag.subject)) else {
                self.connection.tally.malformed.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let session = self.connection.sessions.borrow().clone();
            if session.is_some_and(|session| self.pull.is_void(&tag, &session)) {
                continue;
            }
            let Message { payload, headers, .. } = taken.message;
            let incoming = attributes::read(headers.as_ref(), payload);
            let redelivered = deliveries(&tag.subject).saturating_sub(1);
            self.pull.hand_out(&tag.subject);
            return Some(ReceivedMessage { incoming, redelivered, token: JetStreamToken::Message(tag) });
        }
    }

    async fn done(&self, token: JetStreamToken) -> Result<(), BridgeError> {
        match token {
            JetStreamToken::Message(tag) => {
                self.pull.let_go(&tag.subject);
                self.say(&AckKind::Done, tag).await?;
                self.pull.done();
                Ok(())
            }
            JetStreamToken::DeadMessage(sequence) => self.dead_letters.remove(sequence).await,
        }
    }

    async fn back(&self, token: JetStreamToken) -> Result<(), BridgeError> {
        match token {
            JetStreamToken::Message(tag) => {
                self.pull.let_go(&tag.subject);
                self.say(&AckKind::Back, tag).await
            }
            // It has never left.
            JetStreamToken::DeadMessage(_) => Ok(()),
        }
    }

    async fn again(&self, _: &Delivery, token: JetStreamToken, pause: Duration) -> Result<bool, BridgeError> {
        match token {
            JetStreamToken::Message(tag) => {
                self.pull.let_go(&tag.subject);
                self.say(&AckKind::Again(pause), tag).await.map(|()| true)
            }
            JetStreamToken::DeadMessage(_) => Ok(false),
        }
    }

    fn lease(&self) -> Option<Duration> {
        Some(LEASE)
    }

    /// What was handed out is held by the thread of the connection.
    async fn extend(&self, _: JetStreamToken) -> Result<(), BridgeError> {
        Ok(())
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, look: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<JetStreamToken>>, BridgeError> {
        self.dead_letters.dead_letters(look, JetStreamToken::DeadMessage).await
    }
}

/// How often a message has been delivered, by where it is acknowledged:
/// `$JS.ACK.<stream>.<consumer>.<deliveries>.…`, with a domain and an account before the stream where there are such.
fn deliveries(tag: &str) -> u32 {
    let tokens = tag.split('.').count();
    let place = if tokens > 9 { 6 } else { 4 };
    tag.split('.').nth(place).and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ticket_knows_how_often_a_message_was_delivered() {
        assert_eq!(deliveries("$JS.ACK.shop_events.email-v1-greet.3.10.12.1700000000000000000.0"), 3);
        assert_eq!(deliveries("$JS.ACK.hub.Zx9.shop_events.email-v1-greet.4.10.12.1700000000000000000.0.x"), 4);
        for hostile in ["", "$JS.ACK.a.b.c.d", "$JS.ACK.a.b.99999999999.1.1.1.1"] {
            assert_eq!(deliveries(hostile), 1, "{hostile}");
        }
    }
}
