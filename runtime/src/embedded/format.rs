//! The format of the database: its tables, its version, and how a connection to it is set up.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use crate::embedded::error::StorageError;

/// The version of the format that is written, and the only one so far that is read.
const VERSION: i64 = 1;

/// Marks a database as one of Pontoon's: `Pont`.
const APPLICATION: i64 = 0x506f_6e74;

/// The size of a page in bytes.
const PAGE: u64 = 4096;

/// How many bytes of pages a connection keeps in memory.
const CACHE: u64 = 4 << 20;

/// After how many pages of the write-ahead log they are moved to the database.
const CHECKPOINT: u64 = 4096;

/// The tables. Messages that wait stand in the order in which they are handed out: those that are due at once have the
/// time 0. `number` grows over all runs of the process, and `tries` counts how often a message was handed out.
const TABLES: &str = "
    CREATE TABLE backlogs (
        id INTEGER PRIMARY KEY, kind INTEGER NOT NULL, subject TEXT NOT NULL, subscription TEXT NOT NULL,
        UNIQUE (kind, subject, subscription)
    );
    CREATE TABLE messages (
        backlog INTEGER NOT NULL, due INTEGER NOT NULL, number INTEGER NOT NULL, tries INTEGER NOT NULL,
        since INTEGER NOT NULL, metadata BLOB NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (backlog, due, number)
    ) WITHOUT ROWID;
    CREATE TABLE dead_letters (
        backlog INTEGER NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, attempts INTEGER NOT NULL,
        reason TEXT NOT NULL, metadata BLOB NOT NULL, body BLOB NOT NULL,
        PRIMARY KEY (backlog, number)
    ) WITHOUT ROWID;
    CREATE TABLE deduplication (
        backlog INTEGER NOT NULL, id TEXT NOT NULL, ends INTEGER NOT NULL, PRIMARY KEY (backlog, id)
    ) WITHOUT ROWID;
    CREATE INDEX deduplication_ends ON deduplication (ends);
    CREATE TABLE state (
        collection TEXT NOT NULL, key TEXT NOT NULL, version INTEGER NOT NULL, ends INTEGER, value BLOB NOT NULL,
        PRIMARY KEY (collection, key)
    ) WITHOUT ROWID;
    CREATE INDEX state_ends ON state (ends) WHERE ends IS NOT NULL;
    CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
    INSERT INTO counters VALUES ('opened', 0), ('commits', 0);
";

/// A connection to the database of a folder, of which the tables may not be there yet.
pub(super) fn connect(file: &Path) -> Result<Connection, StorageError> {
    let connection = Connection::open(file)?;
    connection.set_prepared_statement_cache_capacity(64);
    connection.execute_batch(&format!(
        "PRAGMA page_size = {PAGE}; PRAGMA cache_size = -{}; PRAGMA temp_store = MEMORY; PRAGMA busy_timeout = 10000;",
        CACHE >> 10
    ))?;
    Ok(connection)
}

/// Makes the tables, or finds them in a version that is known. The connection writes from then on: what was committed
/// outlives the process, and what was committed with [`SYNCED`] a power cut.
pub(super) fn prepare(connection: &Connection, file: &Path) -> Result<(), StorageError> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    let (application, version) = (pragma("application_id")?, pragma("user_version")?);
    let is_empty = connection.query_row("SELECT COUNT(*) = 0 FROM sqlite_schema", [], |row| row.get(0))?;
    let file = file.display();
    match (application, version) {
        (0, 0) if is_empty => {}
        (APPLICATION, VERSION) => {}
        (APPLICATION, _) => {
            return Err(StorageError::lasting(format!(
                "{file} has format {version}, and this version of Pontoon reads format {VERSION}: start the version \
                 that has written it, or name another folder"
            )));
        }
        _ => return Err(StorageError::lasting(format!("{file} is no database of Pontoon: name another folder"))),
    }
    connection.execute_batch(&format!("PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = {CHECKPOINT};"))?;
    connection.execute_batch(SYNCED)?;
    if is_empty {
        connection.execute_batch(&format!(
            "BEGIN IMMEDIATE; {TABLES} PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION}; COMMIT;"
        ))?;
    }
    Ok(())
}

/// A commit is on the disk before it ends.
pub(super) const SYNCED: &str = "PRAGMA synchronous = FULL";

/// A commit is with the operating system before it ends.
pub(super) const WRITTEN: &str = "PRAGMA synchronous = NORMAL";

/// Bounds how many bytes the database may have.
pub(super) fn bound(connection: &Connection, bytes: u64) -> Result<(), StorageError> {
    let pages = (bytes / PAGE).clamp(1, i64::MAX as u64 >> 1);
    connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |_| Ok(()))?;
    Ok(())
}

/// A counter of the database.
pub(super) fn counter(connection: &Connection, name: &str) -> Result<i64, StorageError> {
    let mut read = connection.prepare_cached("SELECT value FROM counters WHERE name = ?1")?;
    let value = read.query_row([name], |row| row.get(0)).optional()?;
    value.ok_or_else(|| StorageError::lasting(format!("the database is damaged: it has no counter `{name}`")))
}

/// Counts one on.
pub(super) fn count(connection: &Connection, name: &str) -> Result<(), StorageError> {
    connection.prepare_cached("UPDATE counters SET value = value + 1 WHERE name = ?1")?.execute([name])?;
    Ok(())
}
