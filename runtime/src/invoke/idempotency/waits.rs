//! The idempotency keys that somebody waited for, so that each is logged once.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};

use crate::message::id::Id;
use crate::sync::Mutex;

/// The keys that were waited for in this process: each is logged once.
#[derive(Default)]
pub(crate) struct Waits {
    seen: Mutex<HashSet<u64>>,
    hasher: RandomState,
}

impl Waits {
    /// How many keys are known at most: then it begins anew.
    const MOST: usize = 10_000;

    pub(super) fn say(&self, handler: &'static str, key: &str, claimed_by: Id) {
        let is_new = {
            let mut seen = self.seen.lock();
            if seen.len() >= Self::MOST {
                seen.clear();
            }
            seen.insert(self.hasher.hash_one(key))
        };
        if is_new {
            let claimed_by = tracing::field::display(claimed_by);
            tracing::info!(target: "pontoon", handler, claimed_by, "waits: another handler has its idempotency key");
        }
    }
}
