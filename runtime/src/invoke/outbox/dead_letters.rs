//! Dead letters of the outbox: what could never be sent, or may not be sent once more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::invoke::outbox::entry::{self, Entry};
use crate::invoke::outbox::lane::Lane;
use crate::invoke::outbox::order;
use crate::invoke::outbox::records::{COLLECTION, sent_marker};
use crate::invoke::outbox::state::OutboxContext;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::store::{self, Change, Expect, Range, StoreError};

/// The collection of dead letters.
const DEAD: &str = "$outbox_dead";

/// How many are counted for health.
const COUNTED: usize = 1000;

/// A dead letter as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept {
    subject: String,
    /// Nothing where it could not be read.
    entry: Option<Entry>,
    /// What could not be read.
    raw: Option<String>,
    reason: String,
    /// When it was given up, in milliseconds since 1970, by the clock of the process that did: for people.
    at: u64,
}

/// Gives an entry up: it makes room for those behind it. One that is gone by now is no error.
pub(super) async fn dead_letter(
    context: OutboxContext<'_>,
    lane: &Lane,
    key: &str,
    reason: &str,
) -> Result<(), StoreError> {
    let store = context.store;
    let Some(there) = store.get(COLLECTION, key).await? else { return Ok(()) };
    let entry = Entry::read(&there.value).ok();
    let raw = entry.is_none().then(|| String::from_utf8_lossy(&there.value).into_owned());
    let subject = lane.subject.to_owned();
    let kept = Kept { subject, entry, raw, reason: reason.to_owned(), at: entry::now() };
    let value = serde_json::to_vec(&kept).map_err(StoreError::Malformed)?;
    let gone = Change { collection: COLLECTION, key: key.to_owned(), expect: Expect::Version(there.etag), put: None };
    let put = Some((value.into(), None));
    let dead = Change { collection: DEAD, key: key.to_owned(), expect: Expect::Anything, put };
    let mut changes = vec![gone, dead];
    changes.extend(lane.listeners.keep.map(|_| sent_marker(key.to_owned(), None)));
    store.commit(changes).await?;
    tracing::error!(target: "pontoon", subject = lane.subject, entry = key, reason, "given up in the outbox");
    context.outbox.count_dead(lane.subject);
    Ok(())
}

/// How many there are of each subject that this unit publishes.
pub(super) async fn counts(context: OutboxContext<'_>) -> Result<BTreeMap<String, usize>, StoreError> {
    let mut counts = BTreeMap::new();
    for (key, _) in all(context, COUNTED).await? {
        let subject = key.split('/').next().unwrap_or_default();
        if context.outbox.lane(subject).is_some() {
            *counts.entry(subject.to_owned()).or_default() += 1;
        }
    }
    Ok(counts)
}

async fn all(context: OutboxContext<'_>, limit: usize) -> Result<Vec<(String, store::Entry)>, StoreError> {
    let mut found = Vec::new();
    let mut range = Range { prefix: String::new(), after: None, limit: 100 };
    loop {
        let page = context.store.list(DEAD, range.clone()).await?;
        found.extend(page.entries);
        match page.next {
            Some(next) if found.len() < limit => range.after = Some(next),
            _ => return Ok(found),
        }
    }
}

/// The dead letters of a topology's outbox, for people who look into them. They are in the state store: every unit that
/// shares it sees the same.
pub struct OutboxDeadLetters<'s> {
    context: OutboxContext<'s>,
}

/// An entry of the outbox that was given up.
#[derive(Clone, Debug)]
pub struct OutboxDeadLetter {
    /// Where it was to go.
    pub subject: String,
    /// What it said, as JSON; where it could not be read, all of it.
    pub json: String,
    /// Its metadata. `None` where it could not be read.
    pub metadata: Option<Metadata>,
    /// Why it was given up.
    pub reason: String,
    /// How often it may have been sent.
    pub attempts: u32,
    /// When it was committed, in milliseconds since 1970.
    pub committed: u64,
}

impl<'s> OutboxDeadLetters<'s> {
    pub(crate) fn new(context: OutboxContext<'s>) -> Self {
        Self { context }
    }

    /// All of them, by subject and in the order of commits.
    ///
    /// # Errors
    /// The store is out of reach.
    pub async fn list(&self) -> Result<Vec<OutboxDeadLetter>, StoreError> {
        let all = all(self.context, usize::MAX).await?;
        all.into_iter().map(|(_, there)| read(&there.value).map(OutboxDeadLetter::from)).collect()
    }

    /// Puts one back, behind what its subject has waiting: it is sent under its id, however old it is. Says whether it
    /// was there.
    ///
    /// # Errors
    /// The store is out of reach.
    pub async fn replay(&self, id: Id) -> Result<bool, StoreError> {
        Ok(self.put_back(Some(id)).await? > 0)
    }

    /// Puts all of them back that can be read, in the order of commits. Returns how many there were.
    ///
    /// # Errors
    /// The store is out of reach: some may be back.
    pub async fn replay_all(&self) -> Result<usize, StoreError> {
        self.put_back(None).await
    }

    /// Forgets all of them. Returns how many there were.
    ///
    /// # Errors
    /// The store is out of reach: some may be gone.
    pub async fn purge(&self) -> Result<usize, StoreError> {
        let mut count = 0;
        for (key, there) in all(self.context, usize::MAX).await? {
            match self.context.store.commit(vec![gone(key, there)]).await {
                Ok(()) => count += 1,
                // Somebody else was first.
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.context.outbox.set_dead(counts(self.context).await?);
        Ok(count)
    }

    async fn put_back(&self, id: Option<Id>) -> Result<usize, StoreError> {
        let store = self.context.store;
        let mut count = 0;
        for (key, there) in all(self.context, usize::MAX).await? {
            let Some(entry) = read(&there.value)?.entry else { continue };
            if id.is_some_and(|id| entry.metadata().id != id) {
                continue;
            }
            // As one that was never tried: whoever replays it has decided that it is to be sent.
            let entry = entry.untried();
            match order::append(store, &entry, vec![gone(key, there)]).await {
                Ok(()) => count += 1,
                // Somebody else was first.
                Err(StoreError::Conflict { .. }) => continue,
                Err(error) => return Err(error),
            }
            if let Some(lane) = self.context.outbox.lane(&entry.subject) {
                lane.look();
            }
        }
        self.context.outbox.set_dead(counts(self.context).await?);
        Ok(count)
    }
}

fn read(value: &[u8]) -> Result<Kept, StoreError> {
    serde_json::from_slice(value).map_err(StoreError::Malformed)
}

fn gone(key: String, there: store::Entry) -> Change {
    Change { collection: DEAD, key, expect: Expect::Version(there.etag), put: None }
}

impl From<Kept> for OutboxDeadLetter {
    fn from(kept: Kept) -> Self {
        let Kept { subject, entry, raw, reason, .. } = kept;
        match entry {
            Some(entry) => Self {
                subject,
                json: entry.payload().to_owned(),
                metadata: Some(entry.metadata()),
                reason,
                attempts: entry.attempts.saturating_add(u32::from(entry.direct)),
                committed: entry.at,
            },
            None => Self { subject, json: raw.unwrap_or_default(), metadata: None, reason, attempts: 0, committed: 0 },
        }
    }
}
