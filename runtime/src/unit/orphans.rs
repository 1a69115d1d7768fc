//! What a broker keeps for subscriptions that the topology does not have any more: nobody takes it, and it grows for
//! ever.

use std::pin::pin;

use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, EventAdapter};
use crate::fault::panics::Guarded;
use crate::one_line::OneLine;

/// What the broker keeps for subscriptions that the topology does not have, from
/// [`Started::orphans`](crate::Started::orphans). Each is logged as a warning at the start. A version of the topology
/// that still has the subscription, and still runs, knows nothing of what is removed: look first whether there is one.
pub struct Orphans<'u> {
    events: &'u dyn EventAdapter,
}

impl<'u> Orphans<'u> {
    pub(crate) fn new(events: &'u dyn EventAdapter) -> Self {
        Self { events }
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// The bridge is out of reach, or we may not ask.
    pub async fn list(&self) -> Result<Vec<Orphan>, BridgeError> {
        let mut orphans = self.events.orphans().await?;
        orphans.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        Ok(orphans)
    }

    /// Removes the one of this name, with all the messages that it holds. Says whether there was one.
    ///
    /// # Errors
    /// The bridge is out of reach, we may not, or somebody still takes from it.
    pub async fn remove(&self, name: &str) -> Result<bool, BridgeError> {
        let found = self.list().await?.into_iter().find(|orphan| orphan.name == name);
        match found {
            Some(orphan) => self.events.remove_orphan(Orphan { messages: None, ..orphan }).await,
            None => Ok(false),
        }
    }

    /// Removes those that are known to hold nothing. Returns them.
    ///
    /// # Errors
    /// As [`Self::remove`]; those before are removed then.
    pub async fn remove_empty(&self) -> Result<Vec<Orphan>, BridgeError> {
        let mut removed = Vec::new();
        for orphan in self.list().await? {
            if orphan.messages == Some(0) && self.events.remove_orphan(orphan.clone()).await? {
                removed.push(orphan);
            }
        }
        Ok(removed)
    }
}

/// Warns of each, once, when a unit has started.
pub(crate) async fn report(unit: &'static str, events: &dyn EventAdapter) {
    let orphans = Orphans::new(events);
    let listed = pin!(orphans.list());
    // An adapter may be the user's.
    let listed = Guarded::new(listed).await.unwrap_or_else(|panic| Err(BridgeError::Unavailable(panic.into())));
    match listed {
        Ok(orphans) => {
            for Orphan { name, messages } in orphans {
                tracing::warn!(
                    target: "pontoon",
                    unit,
                    name = %OneLine(&name),
                    messages,
                    "the broker keeps events for a subscription that this topology does not have, for ever: where no other \
                     version of it that does still runs, remove it with `Started::orphans`"
                );
            }
        }
        Err(BridgeError::Closed) => {}
        Err(error) => {
            tracing::info!(target: "pontoon", unit, error = %OneLine(&error), "what the broker keeps for nobody is not known");
        }
    }
}
