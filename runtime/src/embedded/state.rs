//! State on the local disk: what was answered for outlives the process.

use std::time::Duration;

use pontoon_schema::capability::{self, Adapter};
use rusqlite::{Connection, OptionalExtension, Row, params};
use tokio::sync::oneshot;

use crate::embedded::error::StorageError;
use crate::embedded::port::FolderPort;
use crate::embedded::work::{Changing, CommitWork, Following};
use crate::health::Health;
use crate::maybe_ready::MaybeReady;
use crate::store::{Change, Entry, Etag, Page, Range, StateAdapter, StoreError};

/// How many bytes of values are enough for a page.
const ENOUGH: usize = 1 << 20;

/// Keeps state on the disk: what was answered for outlives the process.
pub struct EmbeddedState {
    port: FolderPort,
    largest: u64,
}

impl EmbeddedState {
    /// A store in a folder.
    #[must_use]
    pub fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self::at(FolderPort::new(folder.into(), None))
    }

    pub(super) fn at(port: FolderPort) -> Self {
        let largest = capability::state_store(Adapter::Embedded).map_or(u64::MAX, |store| store.largest_value);
        Self { port, largest }
    }

    async fn read(&self, collection: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        let open = self.port.open()?;
        let now = open.database.clock.now();
        let (collection, key) = (collection.to_owned(), key.to_owned());
        Ok(open.database.read(move |connection| get(connection, &collection, &key, now)).await?)
    }

    async fn page(&self, collection: &str, range: Range) -> Result<Page<Entry>, StoreError> {
        let open = self.port.open()?;
        let now = open.database.clock.now();
        let collection = collection.to_owned();
        Ok(open.database.read(move |connection| list(connection, &collection, &range, now)).await?)
    }

    async fn change(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        let open = self.port.open()?;
        if changes.is_empty() {
            return Ok(());
        }
        for change in &changes {
            change.fits(self.largest)?;
        }
        let commit = |answer| Box::new(CommitState { changes, conflict: None, answer }) as _;
        let committed = open.database.change(commit).await?;
        // Who is closed meanwhile gets the answer all the same.
        committed
    }
}

impl StateAdapter for EmbeddedState {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        MaybeReady::boxed(self.read(collection, key))
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        MaybeReady::boxed(self.page(collection, range))
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::boxed(self.change(changes))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::boxed(async move { Ok(self.port.connect().await.map(drop)?) })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        drop(self.port.close());
        MaybeReady::boxed(self.port.folder_closed())
    }

    fn health(&self) -> Health {
        self.port.health()
    }
}

fn get(connection: &Connection, collection: &str, key: &str, now: i64) -> Result<Option<Entry>, StorageError> {
    let mut get = connection.prepare_cached(
        "SELECT version, value FROM state WHERE collection = ?1 AND key = ?2 AND (ends IS NULL OR ends > ?3)",
    )?;
    Ok(get.query_row(params![collection, key, now], entry).optional()?)
}

fn list(connection: &Connection, collection: &str, range: &Range, now: i64) -> Result<Page<Entry>, StorageError> {
    let Range { prefix, after, limit } = range;
    let (from, is_behind) = match after {
        Some(after) if after >= prefix => (after, true),
        _ => (prefix, false),
    };
    let mut list = connection.prepare_cached(
        "SELECT version, value, key FROM state
         WHERE collection = ?1 AND key >= ?2 AND (ends IS NULL OR ends > ?3) ORDER BY key",
    )?;
    let mut rows = list.query(params![collection, from, now])?;
    let (mut page, mut bytes) = (Page { entries: Vec::new(), next: None }, 0);
    while let Some(row) = rows.next()? {
        let key: String = row.get(2)?;
        if is_behind && key == *from {
            continue;
        }
        if !key.starts_with(prefix.as_str()) {
            break;
        }
        if page.entries.len() >= *limit || bytes >= ENOUGH {
            page.next = page.entries.last().map(|(key, _)| key.clone());
            break;
        }
        let entry = entry(row)?;
        bytes += entry.value.len();
        page.entries.push((key, entry));
    }
    Ok(page)
}

fn entry(row: &Row<'_>) -> rusqlite::Result<Entry> {
    let (version, value): (i64, Vec<u8>) = (row.get(0)?, row.get(1)?);
    Ok(Entry { value: value.into(), etag: Etag::new(version.to_string()) })
}

/// Makes the changes of one transaction, all or none.
struct CommitState {
    changes: Vec<Change>,
    /// The first change whose expectation is not met.
    conflict: Option<usize>,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

impl CommitWork for CommitState {
    fn is_synced(&self) -> bool {
        true
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        let now = changing.clock.now();
        self.conflict = None;
        let mut find = changing.connection.prepare_cached(
            "SELECT version FROM state WHERE collection = ?1 AND key = ?2 AND (ends IS NULL OR ends > ?3)",
        )?;
        for (index, change) in self.changes.iter().enumerate() {
            let found = find.query_row(params![change.collection, change.key, now], |row| row.get::<_, i64>(0));
            let there = found.optional()?.map(|version| Etag::new(version.to_string()));
            if !change.expect.is_met_by(there.as_ref()) {
                self.conflict = Some(index);
                return Ok(());
            }
        }
        let mut put = changing.connection.prepare_cached("INSERT OR REPLACE INTO state VALUES (?1, ?2, ?3, ?4, ?5)")?;
        let mut delete = changing.connection.prepare_cached("DELETE FROM state WHERE collection = ?1 AND key = ?2")?;
        for Change { collection, key, put: value, .. } in &self.changes {
            match value {
                Some((value, time)) => {
                    let ends = time.map(|time| end(time, changing));
                    put.execute(params![collection, key, changing.numbers.next(), ends, &value[..]])?
                }
                None => delete.execute(params![collection, key])?,
            };
        }
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        let conflict = self.conflict.and_then(|index| self.changes.get(index)).map(Change::conflict);
        let committed = match ended {
            Err(error) => Err(error.clone().into()),
            Ok(()) => conflict.map_or(Ok(()), Err),
        };
        // Who no longer waits needs no answer.
        let _ = self.answer.send(committed);
        Following::Nothing
    }
}

/// When a value goes away; one without any time is never seen.
fn end(time: Duration, changing: &Changing<'_>) -> i64 {
    if time.is_zero() { changing.clock.now() } else { changing.clock.after(time) }
}
