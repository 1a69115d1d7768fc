//! A backlog: the messages of one subscription or queue, on the disk and in memory.

use std::sync::atomic::{AtomicBool, Ordering};

use rusqlite::Connection;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::bridge::{BridgeError, Delivery};
use crate::embedded::clock::DatabaseClock;
use crate::embedded::error::StorageError;
use crate::embedded::memory::{BacklogMemory, StoredLimits, WINDOW};
use crate::embedded::messages::StoredMessages;
use crate::sync::{Mutex, MutexGuard};

/// What a backlog is of.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) enum BacklogKind {
    Subscription,
    Queue,
}

impl BacklogKind {
    /// As the database has it.
    pub(super) const fn code(self) -> i64 {
        match self {
            Self::Subscription => 1,
            Self::Queue => 2,
        }
    }
}

/// What a backlog is known by.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub(super) struct BacklogName {
    pub(super) kind: BacklogKind,
    pub(super) subject: String,
    /// Empty for a queue.
    pub(super) subscription: String,
}

/// A backlog: the messages of one subscription or queue. All of them are on the disk; their head, and those that are
/// handed out, are in memory as well.
pub(super) struct StoredBacklog {
    pub(super) id: i64,
    pub(super) name: BacklogName,
    memory: Mutex<BacklogMemory>,
    /// Whether the database knows of it.
    pub(super) is_entered: AtomicBool,
    /// Whether events are still put in: not where the topology has no such subscription any more.
    pub(super) is_active: AtomicBool,
    /// Wakes readers: there is something to take.
    pub(super) readable: Notify,
    /// Wakes writers: there is room.
    pub(super) writable: Notify,
}

/// What a reader finds.
pub(super) enum Found {
    Message(Delivery),
    /// Nothing before this time, unless it is woken.
    Nothing(Option<Instant>),
    /// Messages that have to be counted first.
    Uncounted,
}

impl StoredBacklog {
    pub(super) fn new(id: i64, name: BacklogName, total: usize, is_entered: bool) -> Self {
        Self {
            id,
            name,
            memory: Mutex::new(BacklogMemory::new(total)),
            is_entered: AtomicBool::new(is_entered),
            is_active: AtomicBool::new(true),
            readable: Notify::new(),
            writable: Notify::new(),
        }
    }

    pub(super) fn memory(&self) -> MutexGuard<'_, BacklogMemory> {
        self.memory.lock()
    }

    /// Its messages in the database.
    pub(super) fn messages<'c>(&self, connection: &'c Connection) -> StoredMessages<'c> {
        StoredMessages { connection, backlog: self.id }
    }

    /// Somebody takes from it from now on.
    pub(super) fn register(&self, limits: StoredLimits) {
        let mut memory = self.memory();
        memory.limits = Some(limits);
        memory.consumers += 1;
        drop(memory);
        self.is_active.store(true, Ordering::Release);
    }

    /// Whether anybody takes from it, as far as this process knows.
    pub(super) fn is_registered(&self) -> bool {
        self.memory().consumers > 0
    }

    /// Takes the next message, through a port.
    pub(super) fn take(&self, port: u64, clock: &DatabaseClock) -> Found {
        let mut memory = self.memory();
        let lease_ends = memory.bring_back(Instant::now());
        if let Some(delivery) = memory.hand(port) {
            if memory.writers > 0 {
                self.writable.notify_waiters();
            }
            return Found::Message(delivery);
        }
        if memory.is_handing_out {
            return Found::Nothing(None);
        }
        if !memory.has_some(clock.now()) {
            let due = memory.next_due.and_then(|due| Instant::now().checked_add(clock.until(due)));
            return Found::Nothing(lease_ends.into_iter().chain(due).min());
        }
        memory.is_handing_out = true;
        Found::Uncounted
    }

    /// Holds a message for another lease.
    ///
    /// # Errors
    /// [`BridgeError::LeaseLost`].
    pub(super) fn extend(&self, tag: u64) -> Result<(), BridgeError> {
        let mut memory = self.memory();
        let Some(lease) = memory.limits.and_then(|limits| limits.lease) else { return Ok(()) };
        let now = Instant::now();
        match memory.handed.get_mut(&tag) {
            Some(handed) if handed.until.is_none_or(|until| until > now) => handed.until = Some(now + lease),
            _ => return Err(BridgeError::LeaseLost),
        }
        Ok(())
    }

    /// A consumer is gone, as its port is closed: others may have what it has.
    pub(super) fn leave(&self, port: u64) {
        let mut memory = self.memory();
        memory.bring_back_from(port);
        memory.consumers = memory.consumers.saturating_sub(1);
        drop(memory);
        self.readable.notify_waiters();
    }

    /// Enters it into the database, where it is not in it yet.
    pub(super) fn enter(&self, connection: &Connection) -> Result<(), StorageError> {
        if self.is_entered.load(Ordering::Acquire) {
            return Ok(());
        }
        let BacklogName { kind, subject, subscription } = &self.name;
        let mut enter = connection.prepare_cached("INSERT OR IGNORE INTO backlogs VALUES (?1, ?2, ?3, ?4)")?;
        enter.execute((self.id, kind.code(), subject, subscription))?;
        Ok(())
    }

    /// Reads the head of what is on the disk into memory, where there is room.
    pub(super) fn refill(&self, connection: &Connection, now: i64) -> Result<(), StorageError> {
        let messages = self.messages(connection);
        let (loaded, loaded_due, is_low, is_due) = {
            let memory = self.memory();
            let is_low = !memory.is_whole && memory.window.len() < WINDOW / 4;
            let is_due = memory.next_due.is_some_and(|due| due <= now) && memory.again.len() < WINDOW;
            (memory.loaded, memory.loaded_due, is_low, is_due)
        };
        if is_low {
            let found = messages.due_at_once(loaded)?;
            let mut memory = self.memory();
            memory.is_whole = found.is_empty();
            found.into_iter().for_each(|stored| memory.load(stored));
        }
        if is_due {
            let found = messages.due_by(loaded_due, now)?;
            let last = found.last().map_or(loaded_due, |last| last.place);
            let next = messages.next_due(last)?;
            let mut memory = self.memory();
            (memory.loaded_due, memory.next_due) = (last, next);
            found.into_iter().for_each(|stored| memory.give_back(stored));
        }
        Ok(())
    }

    /// Whether messages are to be handed out to readers that wait, from now on by the caller.
    pub(super) fn begins_to_hand_out(&self, now: i64) -> bool {
        let mut memory = self.memory();
        let begins = !memory.is_handing_out && memory.readers > memory.out.len() && memory.has_some(now);
        memory.is_handing_out |= begins;
        begins
    }
}

/// A reader that waits.
pub(super) struct CountedReader<'b>(&'b StoredBacklog);

impl<'b> CountedReader<'b> {
    pub(super) fn of(backlog: &'b StoredBacklog) -> Self {
        backlog.memory().readers += 1;
        Self(backlog)
    }
}

impl Drop for CountedReader<'_> {
    fn drop(&mut self) {
        let mut memory = self.0.memory();
        memory.readers -= 1;
        if memory.readers > 0 {
            // Of those that wait, one has to know until when.
            self.0.readable.notify_one();
        }
    }
}

/// A writer that waits for room.
pub(super) struct CountedWriter<'b>(&'b StoredBacklog);

impl<'b> CountedWriter<'b> {
    pub(super) fn of(backlog: &'b StoredBacklog) -> Self {
        backlog.memory().writers += 1;
        Self(backlog)
    }
}

impl Drop for CountedWriter<'_> {
    fn drop(&mut self) {
        self.0.memory().writers -= 1;
    }
}
