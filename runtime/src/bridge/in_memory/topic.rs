//! The subscriptions of one event in memory: each gets its own copy of what is published.

use std::sync::{Arc, PoisonError, RwLock};

use crate::bridge::in_memory::backlog::{Backlog, Limits, Offered};
use crate::bridge::{BridgeError, Topic};
use crate::message::Message;
use crate::soon::Soon;

/// The subscriptions of one event. Read for each event, written only while the unit starts.
#[derive(Default)]
pub(super) struct Subscriptions(RwLock<Listening>);

#[derive(Default)]
struct Listening {
    backlogs: Vec<Arc<Backlog>>,
    closed: bool,
}

impl Subscriptions {
    /// The messages of a subscription; asked for again, the same.
    pub(super) fn subscribe(&self, subscription: &'static str, limits: Limits) -> Arc<Backlog> {
        let mut listening = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(there) = listening.backlogs.iter().find(|backlog| backlog.name() == subscription) {
            return Arc::clone(there);
        }
        let backlog = Arc::new(Backlog::new(subscription, limits));
        listening.backlogs.push(Arc::clone(&backlog));
        backlog
    }

    pub(super) fn close(&self) {
        let mut listening = self.0.write().unwrap_or_else(PoisonError::into_inner);
        listening.closed = true;
        for backlog in &listening.backlogs {
            backlog.close();
        }
    }

    /// Publishes to all who have room. Returns those who have none and are to be waited for.
    fn offer(&self, event: &Message) -> Result<Vec<Arc<Backlog>>, BridgeError> {
        let listening = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if listening.closed {
            return Err(BridgeError::Closed);
        }
        // Asked first, so that a refusal leaves nothing half published.
        if let [_, _, ..] = *listening.backlogs
            && let Some(full) = listening.backlogs.iter().find(|backlog| backlog.refuses())
        {
            return Err(BridgeError::Full { at: full.name() });
        }
        let mut full = Vec::new();
        for backlog in &listening.backlogs {
            if backlog.offer(event, None, None)? == Offered::Full {
                full.push(Arc::clone(backlog));
            }
        }
        Ok(full)
    }
}

impl Topic for Subscriptions {
    fn publish(&self, event: Message) -> Soon<'_, Result<(), BridgeError>> {
        match self.offer(&event) {
            Err(error) => Soon::now(Err(error)),
            Ok(full) if full.is_empty() => Soon::now(Ok(())),
            Ok(full) => Soon::later(async move {
                for backlog in full {
                    backlog.wait(&event, None, None).await?;
                }
                Ok(())
            }),
        }
    }
}
