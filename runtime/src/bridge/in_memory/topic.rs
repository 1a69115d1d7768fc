//! The subscriptions of one event in memory: each gets its own copy of what is published.

use std::sync::Arc;

use crate::bridge::in_memory::backlog::{Backlog, Offered};
use crate::bridge::in_memory::contents::BacklogLimits;
use crate::bridge::{BridgeError, Topic};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::sync::RwLock;

/// The subscriptions of one event. Read for each event, written only while the unit starts.
#[derive(Default)]
pub(super) struct Subscriptions(RwLock<TopicListener>);

#[derive(Default)]
struct TopicListener {
    backlogs: Vec<Arc<Backlog>>,
    closed: bool,
}

/// Who has no room, and is to be waited for.
type Full = Vec<(Arc<Backlog>, Message)>;

impl Subscriptions {
    /// The messages of a subscription; asked for again, the same.
    pub(super) fn subscribe(&self, subscription: &'static str, limits: BacklogLimits) -> Arc<Backlog> {
        let mut listening = self.0.write();
        if let Some(there) = listening.backlogs.iter().find(|backlog| backlog.name() == subscription) {
            return Arc::clone(there);
        }
        let backlog = Arc::new(Backlog::new(subscription, limits));
        listening.backlogs.push(Arc::clone(&backlog));
        backlog
    }

    pub(super) fn close(&self) {
        let mut listening = self.0.write();
        listening.closed = true;
        for backlog in &listening.backlogs {
            backlog.close();
        }
    }

    /// Publishes to all who have room. Returns those who have none.
    fn offer(&self, event: Message) -> Result<Full, BridgeError> {
        let listening = self.0.read();
        if listening.closed {
            return Err(BridgeError::Closed);
        }
        let mut full = Vec::new();
        let Some((last, others)) = listening.backlogs.split_last() else { return Ok(full) };
        // Asked first, so that a refusal leaves nothing half published.
        if !others.is_empty()
            && let Some(full) = listening.backlogs.iter().find(|backlog| backlog.refuses())
        {
            return Err(BridgeError::Full { at: full.name() });
        }
        for backlog in others {
            if let Offered::Full(event) = backlog.offer(event.clone(), None, None)? {
                full.push((Arc::clone(backlog), event));
            }
        }
        if let Offered::Full(event) = last.offer(event, None, None)? {
            full.push((Arc::clone(last), event));
        }
        Ok(full)
    }
}

impl Topic for Subscriptions {
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>> {
        match self.offer(event) {
            Err(error) => MaybeReady::ready(Err(error)),
            Ok(full) if full.is_empty() => MaybeReady::ready(Ok(())),
            Ok(full) => MaybeReady::boxed(async move {
                for (backlog, event) in full {
                    backlog.wait(event, None, None).await?;
                }
                Ok(())
            }),
        }
    }
}
