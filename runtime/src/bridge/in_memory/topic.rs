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
pub(super) struct Subscriptions(RwLock<SubscriptionList>);

/// The backlogs of the subscriptions of one event.
#[derive(Default)]
struct SubscriptionList {
    backlogs: Vec<Arc<Backlog>>,
    closed: bool,
}

/// A subscription that has no room for an event, and is to be waited for.
struct FullSubscription {
    backlog: Arc<Backlog>,
    event: Message,
}

impl Subscriptions {
    /// The messages of a subscription; asked for again, the same.
    pub(super) fn subscribe(&self, subscription: &'static str, limits: BacklogLimits) -> Arc<Backlog> {
        let mut subscriptions = self.0.write();
        if let Some(there) = subscriptions.backlogs.iter().find(|backlog| backlog.name() == subscription) {
            return Arc::clone(there);
        }
        let backlog = Arc::new(Backlog::new(subscription, limits));
        subscriptions.backlogs.push(Arc::clone(&backlog));
        backlog
    }

    pub(super) fn close(&self) {
        let mut subscriptions = self.0.write();
        subscriptions.closed = true;
        for backlog in &subscriptions.backlogs {
            backlog.close();
        }
    }

    /// Publishes to all who have room. Returns those who have none.
    fn offer(&self, event: Message) -> Result<Vec<FullSubscription>, BridgeError> {
        let subscriptions = self.0.read();
        if subscriptions.closed {
            return Err(BridgeError::Closed);
        }
        let mut full = Vec::new();
        let Some((last, others)) = subscriptions.backlogs.split_last() else { return Ok(full) };
        // Asked first, so that a refusal leaves nothing half published.
        if !others.is_empty()
            && let Some(full) = subscriptions.backlogs.iter().find(|backlog| backlog.refuses())
        {
            return Err(BridgeError::Full { at: full.name() });
        }
        for backlog in others {
            if let Offered::Full(event) = backlog.offer(event.clone(), None, None)? {
                full.push(FullSubscription { backlog: Arc::clone(backlog), event });
            }
        }
        if let Offered::Full(event) = last.offer(event, None, None)? {
            full.push(FullSubscription { backlog: Arc::clone(last), event });
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
                for FullSubscription { backlog, event } in full {
                    backlog.wait(event, None, None).await?;
                }
                Ok(())
            }),
        }
    }
}
