//! A subscription: a session of its own at the broker, or, where events may be lost, a part of the connection that all
//! share.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::attempts::AttemptCounts;
use super::attributes;
use super::connection::Connection;
use super::dead_letters::{DeadLetterStore, DeadLetterTopic, ReadDeadLetter};
use super::inbound_queue::InboundQueue;
use super::session::{Session, UnackedMessage};
use crate::bridge::network::{BrokerSubscription, DeadLetterPage, DeadLetterQuery, FoundDeadLetter, ReceivedMessage};
use crate::bridge::{BridgeError, DeadMessage, Delivery};
use crate::health::Health;
use crate::message::id::Id;

/// A subscription to an event, with its dead letters.
pub(super) struct MqttSubscription {
    pub(super) kind: SubscriptionKind,
    pub(super) dead_letters: DeadLetterStore,
}

/// The kind of a subscription: with a session of its own, or on the connection that all share.
pub(super) enum SubscriptionKind {
    /// By a session of its own: each connection has one window of what is not acknowledged, and a slow subscription, or
    /// one whose events are tried again and again, must not hold up others.
    Session { session: Arc<Session>, connection: Arc<Connection>, attempts: Arc<AttemptCounts> },
    /// By the connection that all share, with its topic filter there.
    Shared { queue: Arc<InboundQueue<Publish>>, filter: String },
}

/// The acknowledgement of a message: its packet identifier in a session, or the topic of a dead letter.
#[derive(Clone)]
pub(super) enum MqttToken {
    /// A message of a session, with its count of attempts where it can be read.
    Message {
        held: UnackedMessage,
        counted: Option<CountedMessage>,
    },
    /// QoS 0: there is nothing to acknowledge.
    Nothing,
    DeadLetter(Arc<DeadLetterTopic>),
}

impl MqttSubscription {
    /// Whether the broker lets it publish what it has to.
    pub(super) fn health(&self) -> Health {
        let health = self.dead_letters.publisher.health();
        match &self.kind {
            SubscriptionKind::Session { attempts, .. } => health.and(attempts.health()),
            SubscriptionKind::Shared { .. } => health,
        }
    }
}

/// A message whose attempts are counted from its second one on.
#[derive(Clone, Copy)]
pub(super) struct CountedMessage {
    id: Id,
    /// How often it was counted before, if it has come before.
    tried: Option<u32>,
}

/// A message that goes back to the queue unless it is handed out.
struct TakenMessage<'s> {
    session: &'s Session,
    held: Option<UnackedMessage>,
}

impl Drop for TakenMessage<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.session.queue.put_back(held);
        }
    }
}

/// The next message of a session. One that has come before is handed out once that is counted.
async fn next(session: &Session, attempts: &Arc<AttemptCounts>) -> Option<ReceivedMessage<MqttToken>> {
    let held = session.queue.take().await?;
    let incoming = attributes::read(&held.publish);
    let Some(id) = incoming.as_ref().ok().map(|incoming| incoming.message.metadata().id) else {
        return Some(ReceivedMessage { incoming, redelivered: 0, token: MqttToken::Message { held, counted: None } });
    };
    if !held.came_before {
        return Some(ReceivedMessage {
            incoming,
            redelivered: 0,
            token: MqttToken::Message { held, counted: Some(CountedMessage { id, tried: None }) },
        });
    }
    let mut taken = TakenMessage { session, held: Some(held) };
    let tried = attempts.begin(id).await.ok()?;
    let held = taken.held.take()?;
    let counted = CountedMessage { id, tried: Some(tried) };
    Some(ReceivedMessage {
        incoming,
        redelivered: tried.saturating_add(1),
        token: MqttToken::Message { held, counted: Some(counted) },
    })
}

impl BrokerSubscription for MqttSubscription {
    type Token = MqttToken;

    async fn receive(&self) -> Option<ReceivedMessage<MqttToken>> {
        match &self.kind {
            SubscriptionKind::Session { session, attempts, .. } => next(session, attempts).await,
            SubscriptionKind::Shared { queue, .. } => {
                let incoming = attributes::read(&queue.take().await?);
                Some(ReceivedMessage { incoming, redelivered: 0, token: MqttToken::Nothing })
            }
        }
    }

    async fn ack(&self, token: MqttToken) -> Result<(), BridgeError> {
        match (token, &self.kind) {
            (MqttToken::Message { held, counted }, SubscriptionKind::Session { session, attempts, .. }) => {
                session.done(&held).await;
                if let Some(CountedMessage { id, .. }) = counted {
                    attempts.forget(id);
                }
                Ok(())
            }
            (MqttToken::DeadLetter(topic), _) => self.dead_letters.remove(&topic).await,
            _ => Ok(()),
        }
    }

    async fn release(&self, token: MqttToken) -> Result<(), BridgeError> {
        if let (MqttToken::Message { held, counted }, SubscriptionKind::Session { session, attempts, .. }) =
            (token, &self.kind)
        {
            // Back only once that is done: whoever takes it counts it anew.
            let _back = TakenMessage { session, held: Some(held.given_back()) };
            // Otherwise it was tried, and is taken again.
            if let Some(CountedMessage { id, .. }) = counted.filter(|_| session.queue.is_shut()) {
                attempts.undo(id).await;
            }
        }
        Ok(())
    }

    async fn retried(&self, delivery: &Delivery, token: &MqttToken) {
        if let (MqttToken::Message { .. }, SubscriptionKind::Session { attempts, .. }) = (token, &self.kind) {
            // Where the bridge is closed, the handler is ended.
            let _ = attempts.retried(delivery.message.metadata().id).await;
        }
    }

    fn tried(&self, token: &MqttToken) -> Option<u32> {
        match token {
            MqttToken::Message { counted, .. } => counted.and_then(|counted| counted.tried),
            _ => None,
        }
    }

    async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.dead_letters.dead_letter(dead).await
    }

    async fn dead_letters(&self, query: DeadLetterQuery) -> Result<Vec<FoundDeadLetter<MqttToken>>, BridgeError> {
        let mut page = DeadLetterPage::new(query);
        for ReadDeadLetter { dead, bytes, topic } in self.dead_letters.all().await? {
            page.add(dead, bytes, MqttToken::DeadLetter(topic));
        }
        Ok(page.into_found())
    }

    fn is_volatile(&self) -> bool {
        matches!(self.kind, SubscriptionKind::Shared { .. })
    }

    fn waiting(&self) -> usize {
        match &self.kind {
            SubscriptionKind::Session { .. } => 0,
            SubscriptionKind::Shared { queue, .. } => queue.len(),
        }
    }
}
