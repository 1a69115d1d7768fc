//! Messages are handed out: each attempt is counted in the database first, so that a message that ends its process is
//! given up after its attempts.

use std::sync::Arc;

use crate::embedded::backlog::StoredBacklog;
use crate::embedded::error::StorageError;
use crate::embedded::message::{BacklogMessage, Place};
use crate::embedded::work::{Changing, CommitWork, Following};

/// Counts an attempt at as many messages as readers wait.
pub(super) struct HandOut {
    backlog: Arc<StoredBacklog>,
    messages: Vec<BacklogMessage>,
    now: i64,
}

impl HandOut {
    /// For a backlog in which nothing is handed out yet.
    pub(super) fn of(backlog: Arc<StoredBacklog>) -> Box<Self> {
        Box::new(Self { backlog, messages: Vec::new(), now: 0 })
    }
}

impl CommitWork for HandOut {
    fn is_synced(&self) -> bool {
        false
    }

    fn prepare(&mut self, reading: &Changing<'_>) -> Result<(), StorageError> {
        self.now = reading.clock.now();
        self.backlog.refill(reading.connection, self.now)
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        if self.messages.is_empty() {
            let mut memory = self.backlog.memory();
            let wanted = memory.readers.saturating_sub(memory.out.len());
            self.messages.extend((0..wanted).map_while(|_| memory.pop()));
        }
        let messages = self.backlog.messages(changing.connection);
        self.messages.iter().try_for_each(|stored| messages.count(stored.place, stored.tries.saturating_add(1)))
    }

    fn done(mut self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        let mut memory = self.backlog.memory();
        let count = self.messages.len();
        if ended.is_err() {
            self.messages.drain(..).for_each(|stored| memory.give_back(stored));
            drop(memory);
            return Following::Later(self);
        }
        let counted = self.messages.drain(..);
        memory.out.extend(counted.map(|stored| BacklogMessage { tries: stored.tries.saturating_add(1), ..stored }));
        // A reader that has come meanwhile.
        let is_more = memory.readers > memory.out.len() && memory.has_some(self.now);
        memory.is_handing_out = is_more;
        drop(memory);
        // Where there was nothing, one has to know until when to wait.
        (0..count.max(1)).for_each(|_| self.backlog.readable.notify_one());
        if is_more { Following::AtOnce(vec![self]) } else { Following::Nothing }
    }
}

/// Counts a further attempt at a message that is handed out.
pub(super) struct CountAttempt {
    pub(super) backlog: Arc<StoredBacklog>,
    pub(super) place: Place,
    pub(super) tries: u32,
    pub(super) answer: tokio::sync::oneshot::Sender<Result<(), StorageError>>,
}

impl CommitWork for CountAttempt {
    fn is_synced(&self) -> bool {
        false
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        self.backlog.messages(changing.connection).count(self.place, self.tries)
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        // Who no longer waits needs no answer.
        let _ = self.answer.send(ended.map_err(Clone::clone));
        Following::Nothing
    }
}
