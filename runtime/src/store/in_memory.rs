//! State in the memory of the process: gone with it.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Bound;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::maybe_ready::MaybeReady;
use crate::store::{Change, Entry, Etag, Page, Range, StateAdapter, StoreError};
use crate::sync::{Mutex, MutexGuard};

/// Keeps state in the memory of the process.
#[derive(Default)]
pub struct InMemoryState(Mutex<Contents>);

#[derive(Default)]
struct Contents {
    collections: HashMap<String, BTreeMap<String, StoredValue>>,
    /// When which key goes away, soonest first.
    ends: BTreeSet<(Instant, String, String)>,
    version: u64,
    closed: bool,
}

struct StoredValue {
    value: Arc<[u8]>,
    version: u64,
    ends: Option<Instant>,
}

impl StoredValue {
    fn entry(&self) -> Entry {
        Entry { value: Arc::clone(&self.value), etag: Etag::new(self.version.to_string()) }
    }
}

impl InMemoryState {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The contents, without what has gone away by now.
    fn open(&self) -> Result<MutexGuard<'_, Contents>, StoreError> {
        let mut contents = self.0.lock();
        if contents.closed {
            return Err(StoreError::Closed);
        }
        if !contents.ends.is_empty() {
            contents.forget(Instant::now());
        }
        Ok(contents)
    }
}

impl Contents {
    fn forget(&mut self, now: Instant) {
        while self.ends.first().is_some_and(|(end, ..)| *end <= now) {
            if let Some((_, collection, key)) = self.ends.pop_first() {
                self.remove(&collection, &key);
            }
        }
    }

    fn slot(&self, collection: &str, key: &str) -> Option<&StoredValue> {
        self.collections.get(collection)?.get(key)
    }

    fn list(&self, collection: &str, range: &Range) -> Page<Entry> {
        let start = match &range.after {
            Some(after) if *after >= range.prefix => Bound::Excluded(after.as_str()),
            _ => Bound::Included(range.prefix.as_str()),
        };
        let slots = self.collections.get(collection);
        let mut found = slots
            .into_iter()
            .flat_map(|slots| slots.range::<str, _>((start, Bound::Unbounded)))
            .take_while(|(key, _)| key.starts_with(&range.prefix))
            .map(|(key, slot)| (key.clone(), slot.entry()));
        let entries: Vec<_> = found.by_ref().take(range.limit).collect();
        let more = found.next().is_some();
        let next = entries.last().filter(|_| more).map(|(key, _)| key.clone());
        Page { entries, next }
    }

    fn commit(&mut self, changes: Vec<Change>) -> Result<(), StoreError> {
        for change in &changes {
            let there = self.slot(change.collection, &change.key).map(|slot| slot.entry().etag);
            if !change.expect.is_met_by(there.as_ref()) {
                return Err(change.conflict());
            }
        }
        for Change { collection, key, put, .. } in changes {
            match put {
                Some((value, ttl)) => self.put(collection, key, value, ttl),
                None => self.remove(collection, &key),
            }
        }
        Ok(())
    }

    fn put(&mut self, collection: &str, key: String, value: Arc<[u8]>, ttl: Option<Duration>) {
        self.remove(collection, &key);
        self.version += 1;
        // A time too long for the clock is for ever.
        let ends = ttl.and_then(|ttl| Instant::now().checked_add(ttl));
        if let Some(end) = ends {
            self.ends.insert((end, collection.to_owned(), key.clone()));
        }
        let slot = StoredValue { value, version: self.version, ends };
        self.collections.entry(collection.to_owned()).or_default().insert(key, slot);
    }

    fn remove(&mut self, collection: &str, key: &str) {
        let slot = self.collections.get_mut(collection).and_then(|slots| slots.remove(key));
        if let Some(end) = slot.and_then(|slot| slot.ends) {
            self.ends.remove(&(end, collection.to_owned(), key.to_owned()));
        }
    }
}

impl StateAdapter for InMemoryState {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        MaybeReady::ready(self.open().map(|contents| contents.slot(collection, key).map(StoredValue::entry)))
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        MaybeReady::ready(self.open().map(|contents| contents.list(collection, &range)))
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::ready(self.open().and_then(|mut contents| contents.commit(changes)))
    }

    fn is_in_process(&self) -> bool {
        true
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::ready(self.open().map(drop))
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        self.0.lock().closed = true;
        MaybeReady::ready(())
    }
}
