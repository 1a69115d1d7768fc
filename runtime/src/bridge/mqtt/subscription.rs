//! A subscription: a session of its own at the broker, or, where events may be lost, a part of the connection that all share.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::connection::Connection;
use super::graves::{Grave, Graves};
use super::properties;
use super::queue::Queue;
use super::session::{Held, Session};
use crate::bridge::remote::{Buried, Delivered, Source};
use crate::bridge::{BridgeError, Dead};

/// A subscription.
pub(super) struct Subscription {
    pub(super) way: Way,
    pub(super) graves: Graves,
}

/// How a subscription's events come.
pub(super) enum Way {
    /// By a session of its own: each connection has one window of what is not acknowledged, and a slow subscription, or one
    /// whose events are tried again and again, must not hold up others.
    Session(Arc<Session>, Arc<Connection>),
    /// By the connection that all share, with its filter there.
    Live(Arc<Queue<Publish>>, String),
}

/// What a message is acknowledged by.
#[derive(Clone)]
pub(super) enum Token {
    Held(Held),
    /// There is nothing to acknowledge.
    Nothing,
    /// A dead letter.
    Grave(Arc<Grave>),
}

impl Source for Subscription {
    type Token = Token;

    async fn receive(&self) -> Option<Delivered<Token>> {
        match &self.way {
            Way::Session(session, _) => {
                let held = session.queue.take().await?;
                let incoming = properties::read(&held.publish);
                Some(Delivered { incoming, redelivered: held.before, token: Token::Held(held) })
            }
            Way::Live(queue, _) => {
                let incoming = properties::read(&queue.take().await?);
                Some(Delivered { incoming, redelivered: 0, token: Token::Nothing })
            }
        }
    }

    async fn done(&self, token: Token) -> Result<(), BridgeError> {
        match (token, &self.way) {
            (Token::Held(held), Way::Session(session, _)) => session.done(&held).await,
            (Token::Grave(grave), _) => self.graves.remove(&grave).await,
            _ => Ok(()),
        }
    }

    async fn back(&self, token: Token) -> Result<(), BridgeError> {
        if let (Token::Held(held), Way::Session(session, _)) = (token, &self.way) {
            session.back(held);
        }
        Ok(())
    }

    async fn bury(&self, dead: &Dead) -> Result<(), BridgeError> {
        self.graves.bury(dead).await
    }

    async fn buried(&self) -> Result<Vec<Buried<Token>>, BridgeError> {
        let found = self.graves.all().await?;
        Ok(found.into_iter().map(|(dead, grave)| Buried { dead, token: Token::Grave(grave) }).collect())
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
