//! Dead letters are taken out, and delivered anew where that is asked for.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::embedded::backlog::StoredBacklog;
use crate::embedded::error::StorageError;
use crate::embedded::message::Place;
use crate::embedded::work::{Changing, CommitWork, Following};
use crate::unit::dead_letters::AT_A_TIME;

/// Which dead letters are taken out, and what becomes of them.
pub(super) struct Clearing {
    /// Those of one message; or the oldest, as many as are looked at in one go.
    pub(super) id: Option<String>,
    /// Whether they are delivered anew.
    pub(super) is_replay: bool,
}

/// Takes dead letters out of a backlog.
pub(super) struct ClearDeadLetters {
    backlog: Arc<StoredBacklog>,
    clearing: Clearing,
    answer: oneshot::Sender<Result<usize, StorageError>>,
    cleared: usize,
}

impl ClearDeadLetters {
    pub(super) fn new(
        backlog: Arc<StoredBacklog>,
        clearing: Clearing,
        answer: oneshot::Sender<Result<usize, StorageError>>,
    ) -> Self {
        Self { backlog, clearing, answer, cleared: 0 }
    }
}

impl CommitWork for ClearDeadLetters {
    fn is_synced(&self) -> bool {
        true
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        let messages = self.backlog.messages(changing.connection);
        let found = messages.find_dead(self.clearing.id.as_deref(), AT_A_TIME)?;
        self.cleared = found.len();
        let since = changing.clock.now();
        for number in found {
            if self.clearing.is_replay {
                // Whether or not there is room: it has been taken in once.
                messages.revive(number, Place { due: 0, number: changing.numbers.next() }, since)?;
            }
            messages.forget(number)?;
        }
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        if ended.is_ok() && self.clearing.is_replay && self.cleared > 0 {
            let mut memory = self.backlog.memory();
            memory.total += self.cleared;
            // They are on the disk alone.
            memory.is_whole = false;
            drop(memory);
            self.backlog.readable.notify_waiters();
        }
        // Who no longer waits needs no answer.
        let _ = self.answer.send(ended.map(|()| self.cleared).map_err(Clone::clone));
        Following::Nothing
    }
}
