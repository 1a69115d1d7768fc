//! A subscription: a session of its own at the broker, or, where events may be lost, a part of the connection that all share.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::attempts::Attempts;
use super::connection::Connection;
use super::graves::{Grave, Graves};
use super::properties;
use super::queue::Queue;
use super::session::{Held, Session};
use crate::bridge::remote::{Buried, Delivered, Look, Page, Source};
use crate::bridge::{BridgeError, DeadMessage, Delivery};
use crate::health::Health;
use crate::id::Id;

/// A subscription.
pub(super) struct Subscription {
    pub(super) way: Way,
    pub(super) graves: Graves,
}

/// How a subscription's events come.
pub(super) enum Way {
    /// By a session of its own: each connection has one window of what is not acknowledged, and a slow subscription, or one
    /// whose events are tried again and again, must not hold up others.
    Session(Arc<Session>, Arc<Connection>, Arc<Attempts>),
    /// By the connection that all share, with its filter there.
    Live(Arc<Queue<Publish>>, String),
}

/// What a message is acknowledged by.
#[derive(Clone)]
pub(super) enum Token {
    /// With what names it, where it can be read.
    Held(Held, Option<Counted>),
    /// There is nothing to acknowledge.
    Nothing,
    /// A dead letter.
    Grave(Arc<Grave>),
}

impl Subscription {
    /// Whether the broker lets it publish what it has to.
    pub(super) fn health(&self) -> Health {
        let health = self.graves.outlet.health();
        match &self.way {
            Way::Session(_, _, attempts) => health.and(attempts.health()),
            Way::Live(..) => health,
        }
    }
}

/// A message whose attempts are counted from its second one on.
#[derive(Clone, Copy)]
pub(super) struct Counted {
    id: Id,
    /// How often it was counted before, if it has come before.
    tried: Option<u32>,
}

/// A message that goes back to the queue unless it is handed out.
struct Taken<'s> {
    session: &'s Session,
    held: Option<Held>,
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(held) = self.held.take() {
            self.session.queue.put_back(held);
        }
    }
}

/// The next message of a session. One that has come before is handed out once that is counted.
async fn next(session: &Session, attempts: &Arc<Attempts>) -> Option<Delivered<Token>> {
    let held = session.queue.take().await?;
    let incoming = properties::read(&held.publish);
    let Some(id) = incoming.as_ref().ok().map(|incoming| incoming.message.metadata().id) else {
        return Some(Delivered { incoming, redelivered: 0, token: Token::Held(held, None) });
    };
    if !held.came_before {
        return Some(Delivered {
            incoming,
            redelivered: 0,
            token: Token::Held(held, Some(Counted { id, tried: None })),
        });
    }
    let mut taken = Taken { session, held: Some(held) };
    let tried = attempts.begin(id).await.ok()?;
    let held = taken.held.take()?;
    let counted = Counted { id, tried: Some(tried) };
    Some(Delivered { incoming, redelivered: tried.saturating_add(1), token: Token::Held(held, Some(counted)) })
}

impl Source for Subscription {
    type Token = Token;

    async fn receive(&self) -> Option<Delivered<Token>> {
        match &self.way {
            Way::Session(session, _, attempts) => next(session, attempts).await,
            Way::Live(queue, _) => {
                let incoming = properties::read(&queue.take().await?);
                Some(Delivered { incoming, redelivered: 0, token: Token::Nothing })
            }
        }
    }

    async fn done(&self, token: Token) -> Result<(), BridgeError> {
        match (token, &self.way) {
            (Token::Held(held, counted), Way::Session(session, _, attempts)) => {
                session.done(&held).await;
                if let Some(Counted { id, .. }) = counted {
                    attempts.forget(id);
                }
                Ok(())
            }
            (Token::Grave(grave), _) => self.graves.remove(&grave).await,
            _ => Ok(()),
        }
    }

    async fn back(&self, token: Token) -> Result<(), BridgeError> {
        if let (Token::Held(held, counted), Way::Session(session, _, attempts)) = (token, &self.way) {
            // Back only once that is done: whoever takes it counts it anew.
            let _back = Taken { session, held: Some(held.given_back()) };
            // Otherwise it was tried, and is taken again.
            if let Some(Counted { id, .. }) = counted.filter(|_| session.queue.is_shut()) {
                attempts.undo(id).await;
            }
        }
        Ok(())
    }

    async fn retried(&self, delivery: &Delivery, token: &Token) {
        if let (Token::Held(..), Way::Session(_, _, attempts)) = (token, &self.way) {
            // Where the bridge is closed, the handler is ended.
            let _ = attempts.retried(delivery.message.metadata().id).await;
        }
    }

    fn tried(&self, token: &Token) -> Option<u32> {
        match token {
            Token::Held(_, counted) => counted.and_then(|counted| counted.tried),
            _ => None,
        }
    }

    async fn bury(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        self.graves.bury(dead).await
    }

    async fn buried(&self, look: Look) -> Result<Vec<Buried<Token>>, BridgeError> {
        let mut page = Page::new(look);
        for (dead, bytes, grave) in self.graves.all().await? {
            page.add(dead, bytes, Token::Grave(grave));
        }
        Ok(page.into_found())
    }

    fn is_volatile(&self) -> bool {
        matches!(self.way, Way::Live(..))
    }

    fn waiting(&self) -> usize {
        match &self.way {
            Way::Session(..) => 0,
            Way::Live(queue, _) => queue.len(),
        }
    }
}
