//! What a handler with `outbox: true` holds back while it runs.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use crate::bridge::Job;
use crate::store::{Change, Entry, Etag, Page, Range};
use crate::sync::{Mutex, MutexGuard};

/// What a handler holds back while it runs.
#[derive(Default)]
pub(crate) struct UnitOfWork(Mutex<Staged>);

#[derive(Default)]
struct Staged {
    writes: BTreeMap<(&'static str, String), Change>,
    sent: Vec<OutgoingMessage>,
}

/// A message that is held back, and where it goes.
pub(crate) struct OutgoingMessage {
    pub(crate) subject: &'static str,
    /// What is sent. An event has no options.
    pub(crate) job: Job,
    /// Whether it goes into a queue.
    pub(crate) is_job: bool,
}

impl UnitOfWork {
    /// Holds a message back.
    pub(crate) fn send(&self, sent: OutgoingMessage) {
        self.held_back().sent.push(sent);
    }

    /// Holds a write back. Of several of one key the last counts, and what the first expected.
    pub(crate) fn hold(&self, mut change: Change) {
        let mut held = self.held_back();
        let place = (change.collection, change.key.clone());
        if let Some(earlier) = held.writes.remove(&place) {
            change.expect = earlier.expect;
        }
        held.writes.insert(place, change);
    }

    /// What the handler itself has written under a key.
    pub(crate) fn held(&self, collection: &str, key: &str) -> Option<Option<Entry>> {
        let held = self.held_back();
        let at = held.writes.iter().find(|((name, of), _)| *name == collection && of == key);
        at.map(|(_, change)| entry(change))
    }

    /// A page of the store with what the handler itself has written in it.
    pub(crate) fn overlay(&self, collection: &str, range: &Range, page: Page<Entry>) -> Page<Entry> {
        let held = self.held_back();
        let mut entries: BTreeMap<String, Entry> = page.entries.into_iter().collect();
        let (after, last) = (range.after.as_deref(), page.next.as_deref());
        let within = |key: &str| {
            key.starts_with(&range.prefix)
                && after.is_none_or(|after| key > after)
                && last.is_none_or(|last| key <= last)
        };
        for ((name, key), change) in &held.writes {
            if *name == collection && within(key) {
                match entry(change) {
                    Some(entry) => entries.insert(key.clone(), entry),
                    None => entries.remove(key),
                };
            }
        }
        let full = entries.len() > range.limit;
        let entries: Vec<_> = entries.into_iter().take(range.limit).collect();
        let next = if full { entries.last().map(|(key, _)| key.clone()) } else { page.next };
        Page { entries, next }
    }

    /// Forgets everything: another attempt begins.
    pub(crate) fn clear(&self) {
        *self.held_back() = Staged::default();
    }

    pub(crate) fn take(&self) -> (Vec<Change>, Vec<OutgoingMessage>) {
        let held = mem::take(&mut *self.held_back());
        (held.writes.into_values().collect(), held.sent)
    }

    fn held_back(&self) -> MutexGuard<'_, Staged> {
        self.0.lock()
    }
}

/// What a write that is held back will leave.
fn entry(change: &Change) -> Option<Entry> {
    let (value, _) = change.put.as_ref()?;
    Some(Entry { value: Arc::clone(value), etag: Etag::new("held back") })
}
