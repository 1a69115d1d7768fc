//! The deliveries that a process holds unacknowledged: with handlers, or parked until their time.

use std::collections::{BTreeMap, HashMap};

use tokio::time::Instant;

use crate::bridge::Delivery;
use crate::message::id::Id;

/// The deliveries that this process holds.
pub(super) struct HeldMessages<T> {
    pub(super) tags: u64,
    pub(super) tokens: HashMap<u64, T>,
    /// Since when a handler has a message.
    pub(super) handed: HashMap<u64, Instant>,
    pub(super) parked: BTreeMap<(Instant, u64), Parked>,
}

/// A delivery that is parked until its time.
pub(super) struct Parked {
    pub(super) delivery: Delivery,
    pub(super) next: AfterPause,
}

/// The next step of a parked delivery.
pub(super) enum AfterPause {
    /// Its next attempt.
    Attempt,
    /// It is handed out, and that is no further attempt.
    HandOut,
    /// It is given up: a dead letter.
    DeadLetter(GiveUp),
}

/// Why a message is given up: it only waits until it is kept as a dead letter.
pub(super) struct GiveUp {
    pub(super) reason: String,
    /// How often it could not be kept.
    pub(super) failures: u32,
}

impl<T> HeldMessages<T> {
    pub(super) fn new() -> Self {
        Self { tags: 0, tokens: HashMap::new(), handed: HashMap::new(), parked: BTreeMap::new() }
    }

    /// Nothing is known of this one any more.
    pub(super) fn forget(&mut self, tag: u64) {
        self.tokens.remove(&tag);
        self.handed.remove(&tag);
    }

    /// A message that waits to be kept as a dead letter has come again: the broker has taken it for lost.
    pub(super) fn forget_given_up(&mut self, id: Id) {
        let Self { parked, tokens, .. } = self;
        parked.retain(|_, parked| {
            let stays =
                !matches!(parked.next, AfterPause::DeadLetter(_)) || parked.delivery.message.metadata().id != id;
            if !stays {
                tokens.remove(&parked.delivery.tag);
            }
            stays
        });
    }

    /// A message that waited here, and that the broker has taken back meanwhile, has come again: it goes on waiting, by
    /// its new token. What is returned is another message's.
    pub(super) fn resume(&mut self, id: Id, token: T, is_lost: impl Fn(&T) -> bool) -> Option<T> {
        let Self { parked, tokens, .. } = self;
        let mut waiting =
            parked.values().map(|parked| &parked.delivery).filter(|delivery| delivery.message.metadata().id == id);
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
