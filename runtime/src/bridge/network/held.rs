//! What a process has of a broker's messages: what handlers have, and what waits for its time.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

use crate::bridge::Delivery;
use crate::message::id::Id;

/// What this process has of the broker's.
pub(super) struct HeldMessages<T> {
    pub(super) tags: u64,
    pub(super) tokens: HashMap<u64, T>,
    /// Since when a handler has a message.
    pub(super) handed: HashMap<u64, Instant>,
    /// What waits for its time.
    pub(super) aside: BTreeMap<(Instant, u64), Parked>,
}

/// A message that waits for its time.
pub(super) struct Parked {
    pub(super) delivery: Delivery,
    pub(super) next: AfterPause,
}

/// What is next for a message that waits.
pub(super) enum AfterPause {
    /// Its next attempt.
    Attempt,
    /// It is handed out, and that is no further attempt.
    Out,
    /// It is given up.
    Grave(GiveUp),
}

/// Why a message is given up: it only waits for its grave.
pub(super) struct GiveUp {
    pub(super) reason: String,
    /// How often it could not be buried.
    pub(super) failures: u32,
}

impl<T> HeldMessages<T> {
    pub(super) fn new() -> Self {
        Self { tags: 0, tokens: HashMap::new(), handed: HashMap::new(), aside: BTreeMap::new() }
    }

    /// Nothing is known of this one any more.
    pub(super) fn forget(&mut self, tag: u64) {
        self.tokens.remove(&tag);
        self.handed.remove(&tag);
    }

    /// A message that waits for its grave has come again: the broker has taken it for lost.
    pub(super) fn forget_given_up(&mut self, id: Id) {
        let Self { aside, tokens, .. } = self;
        aside.retain(|_, aside| {
            let stays = !matches!(aside.next, AfterPause::Grave(_)) || aside.delivery.message.metadata().id != id;
            if !stays {
                tokens.remove(&aside.delivery.tag);
            }
            stays
        });
    }

    /// A message that waited here, and that the broker has taken back meanwhile, has come again: it goes on waiting, by its new
    /// token. What is returned is another message's.
    pub(super) fn resume(&mut self, id: Id, token: T, is_lost: impl Fn(&T) -> bool) -> Option<T> {
        let Self { aside, tokens, .. } = self;
        let mut waiting =
            aside.values().map(|aside| &aside.delivery).filter(|delivery| delivery.message.metadata().id == id);
        let place =
            waiting.find_map(|delivery| tokens.get(&delivery.tag).is_some_and(&is_lost).then_some(delivery.tag));
        match place {
            Some(tag) => {
                tokens.insert(tag, token);
                None
            }
            None => Some(token),
        }
    }
}
