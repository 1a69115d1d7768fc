//! The messages of a backlog in the database.

use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::bridge::DeadMessage;
use crate::embedded::error::StorageError;
use crate::embedded::memory::WINDOW;
use crate::embedded::message::{BacklogMessage, MessageRecord, Place};

/// How many bytes of dead letters are looked at in one go.
const LOOKED_AT: usize = 64 << 20;

/// The messages of one backlog in the database.
#[derive(Clone, Copy)]
pub(super) struct StoredMessages<'c> {
    pub(super) connection: &'c Connection,
    /// The id of the backlog.
    pub(super) backlog: i64,
}

impl StoredMessages<'_> {
    /// Adds a message.
    pub(super) fn add(&self, place: Place, since: i64, record: &MessageRecord) -> Result<(), StorageError> {
        let mut add = self.connection.prepare_cached("INSERT INTO messages VALUES (?1, ?2, ?3, 0, ?4, ?5, ?6)")?;
        add.execute(params![self.backlog, place.due, place.number, since, record.metadata, &record.body[..]])?;
        Ok(())
    }

    /// Counts an attempt.
    pub(super) fn count(&self, place: Place, tries: u32) -> Result<(), StorageError> {
        let mut count = self
            .connection
            .prepare_cached("UPDATE messages SET tries = ?4 WHERE backlog = ?1 AND due = ?2 AND number = ?3")?;
        count.execute(params![self.backlog, place.due, place.number, tries])?;
        Ok(())
    }

    /// Has a message wait until a time, its attempts counted so far.
    pub(super) fn delay(&self, place: Place, due: i64, tries: u32) -> Result<(), StorageError> {
        let mut delay = self.connection.prepare_cached(
            "UPDATE messages SET due = ?4, tries = ?5 WHERE backlog = ?1 AND due = ?2 AND number = ?3",
        )?;
        delay.execute(params![self.backlog, place.due, place.number, due, tries])?;
        Ok(())
    }

    /// Removes a message.
    pub(super) fn remove(&self, place: Place) -> Result<(), StorageError> {
        let mut remove =
            self.connection.prepare_cached("DELETE FROM messages WHERE backlog = ?1 AND due = ?2 AND number = ?3")?;
        remove.execute(params![self.backlog, place.due, place.number])?;
        Ok(())
    }

    /// Makes a message a dead letter.
    pub(super) fn bury(&self, dead: &Burial<'_>) -> Result<(), StorageError> {
        let Burial { place, number, id, attempts, reason } = dead;
        let mut bury = self.connection.prepare_cached(
            "INSERT INTO dead_letters SELECT backlog, ?4, ?5, ?6, ?7, metadata, body FROM messages
             WHERE backlog = ?1 AND due = ?2 AND number = ?3",
        )?;
        bury.execute(params![self.backlog, place.due, place.number, number, id, attempts, reason])?;
        self.remove(*place)
    }

    /// The oldest message behind these cursors, which nobody has.
    pub(super) fn oldest(&self, loaded: i64, loaded_due: Place) -> Result<Option<Place>, StorageError> {
        let mut at_once = self.connection.prepare_cached(
            "SELECT due, number FROM messages WHERE backlog = ?1 AND due = 0 AND number > ?2 ORDER BY number LIMIT 1",
        )?;
        let place = |row: &Row<'_>| Ok(Place { due: row.get(0)?, number: row.get(1)? });
        if let Some(found) = at_once.query_row(params![self.backlog, loaded], place).optional()? {
            return Ok(Some(found));
        }
        let mut later = self.connection.prepare_cached(
            "SELECT due, number FROM messages WHERE backlog = ?1 AND (due, number) > (?2, ?3) ORDER BY due, number LIMIT 1",
        )?;
        Ok(later.query_row(params![self.backlog, loaded_due.due, loaded_due.number], place).optional()?)
    }

    /// Messages due at once behind one, in their order: as many as fill a window.
    pub(super) fn due_at_once(&self, loaded: i64) -> Result<Vec<BacklogMessage>, StorageError> {
        let mut read = self.connection.prepare_cached(
            "SELECT due, number, tries, since, metadata, body FROM messages
             WHERE backlog = ?1 AND due = 0 AND number > ?2 ORDER BY number LIMIT ?3",
        )?;
        filled(read.query(params![self.backlog, loaded, WINDOW as i64])?)
    }

    /// Messages that have waited for their time until now, behind one.
    pub(super) fn due_by(&self, loaded: Place, now: i64) -> Result<Vec<BacklogMessage>, StorageError> {
        let mut read = self.connection.prepare_cached(
            "SELECT due, number, tries, since, metadata, body FROM messages
             WHERE backlog = ?1 AND due <= ?2 AND (due, number) > (?3, ?4) ORDER BY due, number LIMIT ?5",
        )?;
        filled(read.query(params![self.backlog, now, loaded.due, loaded.number, WINDOW as i64])?)
    }

    /// When the first message behind one is due.
    pub(super) fn next_due(&self, loaded: Place) -> Result<Option<i64>, StorageError> {
        let mut next = self.connection.prepare_cached(
            "SELECT due FROM messages WHERE backlog = ?1 AND (due, number) > (?2, ?3) ORDER BY due, number LIMIT 1",
        )?;
        Ok(next.query_row(params![self.backlog, loaded.due, loaded.number], |row| row.get(0)).optional()?)
    }

    /// When the oldest message behind these cursors was put in that is due by now.
    pub(super) fn since(&self, loaded: i64, loaded_due: Place, now: i64) -> Result<Option<i64>, StorageError> {
        let mut find = self.connection.prepare_cached(
            "SELECT MIN(since) FROM (
                SELECT * FROM (SELECT since FROM messages WHERE backlog = ?1 AND due = 0 AND number > ?2 ORDER BY number LIMIT 1)
                UNION ALL
                SELECT since FROM messages WHERE backlog = ?1 AND due <= ?5 AND (due, number) > (?3, ?4)
            )",
        )?;
        Ok(find.query_row(params![self.backlog, loaded, loaded_due.due, loaded_due.number, now], |row| row.get(0))?)
    }

    /// How many messages wait for their time.
    pub(super) fn delayed(&self, now: i64) -> Result<usize, StorageError> {
        let mut count =
            self.connection.prepare_cached("SELECT COUNT(*) FROM messages WHERE backlog = ?1 AND due > ?2")?;
        Ok(count.query_row(params![self.backlog, now], |row| row.get::<_, i64>(0)).map(to_count)?)
    }

    /// The dead letters behind so many of the oldest.
    pub(super) fn dead_letters(&self, skip: usize, limit: usize) -> Result<Vec<DeadMessage>, StorageError> {
        let mut read = self.connection.prepare_cached(
            "SELECT reason, attempts, metadata, body FROM dead_letters WHERE backlog = ?1 ORDER BY number
             LIMIT ?2 OFFSET ?3",
        )?;
        let mut rows = read.query(params![self.backlog, to_i64(limit), to_i64(skip)])?;
        let (mut found, mut bytes) = (Vec::new(), 0);
        while let Some(row) = rows.next()? {
            bytes += row.get_ref("body")?.as_blob().map_or(0, <[u8]>::len);
            if bytes > LOOKED_AT && !found.is_empty() {
                break;
            }
            found.push(DeadMessage { message: MessageRecord::read(row)?, reason: row.get(0)?, attempts: row.get(1)? });
        }
        Ok(found)
    }

    /// How many dead letters there are.
    pub(super) fn count_dead(&self) -> Result<usize, StorageError> {
        let mut count = self.connection.prepare_cached("SELECT COUNT(*) FROM dead_letters WHERE backlog = ?1")?;
        Ok(count.query_row([self.backlog], |row| row.get::<_, i64>(0)).map(to_count)?)
    }

    /// How many messages there are.
    pub(super) fn count_all(&self) -> Result<usize, StorageError> {
        let mut count = self.connection.prepare_cached("SELECT COUNT(*) FROM messages WHERE backlog = ?1")?;
        Ok(count.query_row([self.backlog], |row| row.get::<_, i64>(0)).map(to_count)?)
    }

    /// Removes all messages, or all dead letters.
    pub(super) fn clear(&self, is_dead: bool) -> Result<(), StorageError> {
        let table = if is_dead { "dead_letters" } else { "messages" };
        self.connection.execute(&format!("DELETE FROM {table} WHERE backlog = ?1"), [self.backlog])?;
        Ok(())
    }

    /// Removes the backlog itself.
    pub(super) fn leave(&self) -> Result<(), StorageError> {
        self.connection.execute("DELETE FROM deduplication WHERE backlog = ?1", [self.backlog])?;
        self.connection.execute("DELETE FROM backlogs WHERE id = ?1", [self.backlog])?;
        Ok(())
    }

    /// The numbers of dead letters: the oldest, or those of messages with an id.
    pub(super) fn find_dead(&self, id: Option<&str>, limit: usize) -> Result<Vec<i64>, StorageError> {
        let mut find = self.connection.prepare_cached(
            "SELECT number FROM dead_letters WHERE backlog = ?1 AND (?2 IS NULL OR id = ?2) ORDER BY number LIMIT ?3",
        )?;
        let found = find.query_map(params![self.backlog, id, to_i64(limit)], |row| row.get(0))?;
        Ok(found.collect::<Result<_, _>>()?)
    }

    /// Makes a dead letter a message again, at this place.
    pub(super) fn revive(&self, number: i64, place: Place, since: i64) -> Result<(), StorageError> {
        let mut revive = self.connection.prepare_cached(
            "INSERT INTO messages SELECT backlog, ?3, ?4, 0, ?5, metadata, body FROM dead_letters
             WHERE backlog = ?1 AND number = ?2",
        )?;
        revive.execute(params![self.backlog, number, place.due, place.number, since])?;
        Ok(())
    }

    /// Removes a dead letter.
    pub(super) fn forget(&self, number: i64) -> Result<(), StorageError> {
        let mut forget =
            self.connection.prepare_cached("DELETE FROM dead_letters WHERE backlog = ?1 AND number = ?2")?;
        forget.execute(params![self.backlog, number])?;
        Ok(())
    }

    /// Whether a deduplication id counts at a time.
    pub(super) fn remembers(&self, id: &str, now: i64) -> Result<bool, StorageError> {
        let mut find = self
            .connection
            .prepare_cached("SELECT 1 FROM deduplication WHERE backlog = ?1 AND id = ?2 AND ends > ?3")?;
        Ok(find.exists(params![self.backlog, id, now])?)
    }

    /// Has a deduplication id count until a time.
    pub(super) fn remember(&self, id: &str, until: i64) -> Result<(), StorageError> {
        let mut remember =
            self.connection.prepare_cached("INSERT OR REPLACE INTO deduplication VALUES (?1, ?2, ?3)")?;
        remember.execute(params![self.backlog, id, until])?;
        Ok(())
    }
}

/// A message that becomes a dead letter.
pub(super) struct Burial<'b> {
    pub(super) place: Place,
    /// Its place among the dead letters.
    pub(super) number: i64,
    /// The id of the message.
    pub(super) id: &'b str,
    pub(super) attempts: u32,
    pub(super) reason: &'b str,
}

/// The messages of these rows; fewer, where they are large.
fn filled(mut rows: rusqlite::Rows<'_>) -> Result<Vec<BacklogMessage>, StorageError> {
    const ENOUGH: usize = 1 << 20;
    let (mut found, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let stored = stored(row)?;
        bytes += stored.size;
        found.push(stored);
        if bytes >= ENOUGH {
            break;
        }
    }
    Ok(found)
}

fn stored(row: &Row<'_>) -> Result<BacklogMessage, StorageError> {
    let length = |name: &str| {
        let column = row.get_ref(name)?;
        let blob = column.as_blob();
        blob.map(<[u8]>::len).map_err(|_| rusqlite::Error::InvalidColumnType(0, name.to_owned(), Type::Blob))
    };
    Ok(BacklogMessage {
        place: Place { due: row.get(0)?, number: row.get(1)? },
        tries: row.get(2)?,
        since: row.get(3)?,
        size: length("metadata")? + length("body")?,
        message: MessageRecord::read(row)?,
    })
}

fn to_count(number: i64) -> usize {
    usize::try_from(number).unwrap_or_default()
}

fn to_i64(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
