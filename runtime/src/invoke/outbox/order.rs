//! The place of an entry in the order of commits.
//!
//! Each subject has a counter in the store, and an entry takes its number in the transaction that commits it: whichever
//! process commits, and whatever its clock says, a later commit has a higher number. Processes that commit for one
//! subject at the same time compare and set; who comes second tries again. Within a process, commits for one subject
//! come one after the other.

use serde::{Deserialize, Serialize};

use crate::invoke::outbox::entry::Entry;
use crate::invoke::outbox::records::COLLECTION;
use crate::store::{Change, Etag, Expect, StateAdapter, StoreError};

/// The collection of counters, by subject.
const ORDER: &str = "$outbox_order";

/// How often a commit is tried again because another process has drawn the numbers. One of those who compete always
/// succeeds.
pub(super) const COLLISIONS: u32 = 100;

#[derive(Serialize, Deserialize)]
struct Counter {
    last: u64,
}

/// The number of the last entry of a subject, and what to expect of its counter.
pub(super) struct Head {
    subject: String,
    pub(super) last: u64,
    etag: Option<Etag>,
}

impl Head {
    pub(super) async fn read(store: &dyn StateAdapter, subject: &str) -> Result<Self, StoreError> {
        let subject = subject.to_owned();
        let Some(there) = store.get(ORDER, &subject).await? else { return Ok(Self { subject, last: 0, etag: None }) };
        let counter: Counter = serde_json::from_slice(&there.value).map_err(StoreError::Malformed)?;
        Ok(Self { subject, last: counter.last, etag: Some(there.etag) })
    }

    /// Draws so many numbers.
    pub(super) fn draw(self, count: usize) -> Result<Change, StoreError> {
        let last = self.last.saturating_add(count as u64);
        let value = serde_json::to_vec(&Counter { last }).map_err(StoreError::Malformed)?;
        let expect = self.etag.map_or(Expect::Absent, Expect::Version);
        Ok(Change { collection: ORDER, key: self.subject, expect, put: Some((value.into(), None)) })
    }
}

/// The key of an entry: keys of a subject are in the order of their numbers.
pub(super) fn key(subject: &str, number: u64) -> String {
    format!("{subject}/{number:020}")
}

/// The number in the key of an entry; nothing in one that is none.
pub(super) fn number(key: &str) -> Option<u64> {
    key.rsplit('/').next()?.parse().ok()
}

/// What all keys of a subject begin with.
pub(super) fn prefix(subject: &str) -> String {
    format!("{subject}/")
}

/// Whether another process has drawn the numbers meanwhile.
pub(super) fn is_collision(error: &StoreError) -> bool {
    matches!(error, StoreError::Conflict { collection, .. } if collection == ORDER)
}

/// Appends an entry to those of its subject, together with other changes.
pub(super) async fn append(store: &dyn StateAdapter, entry: &Entry, also: Vec<Change>) -> Result<(), StoreError> {
    let value = entry.write()?;
    for turn in 1.. {
        let head = Head::read(store, &entry.subject).await?;
        let mut changes = also.clone();
        changes.push(Change {
            collection: COLLECTION,
            key: key(&entry.subject, head.last + 1),
            expect: Expect::Anything,
            put: Some((value.clone(), None)),
        });
        changes.push(head.draw(1)?);
        match store.commit(changes).await {
            Err(error) if is_collision(&error) && turn < COLLISIONS => {}
            ended => return ended,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_their_numbers() {
        let mut keys = [key("s", 10), key("s", 9), key("s", u64::MAX), key("s", 1)];
        keys.sort();
        assert_eq!(keys, [key("s", 1), key("s", 9), key("s", 10), key("s", u64::MAX)]);
        assert!(keys.iter().all(|key| key.starts_with(&prefix("s"))));
    }
}
