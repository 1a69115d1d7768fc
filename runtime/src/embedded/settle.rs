//! What became of a message that was handed out.

use std::sync::Arc;

use tokio::sync::oneshot;

use crate::embedded::backlog::StoredBacklog;
use crate::embedded::error::StorageError;
use crate::embedded::message::BacklogMessage;
use crate::embedded::messages::Burial;
use crate::embedded::work::{Changing, CommitWork, Following};

/// What becomes of a message in the database.
pub(super) enum Fate {
    /// It is done.
    Remove,
    /// It waits until a time; its attempts are this many so far.
    Delay { due: i64, tries: u32 },
    /// It is a dead letter.
    Bury { reason: String, attempts: u32 },
}

/// Settles a message. Where that fails, its reader hears of it, and it is tried again: the message is not handed out
/// once more meanwhile.
pub(super) struct Settle {
    pub(super) backlog: Arc<StoredBacklog>,
    pub(super) stored: BacklogMessage,
    pub(super) fate: Fate,
    /// Nothing once it has failed for the first time.
    pub(super) answer: Option<oneshot::Sender<Result<(), StorageError>>>,
}

impl CommitWork for Settle {
    // Where a power cut takes it back, the message comes once more: it is delivered at least once.
    fn is_synced(&self) -> bool {
        false
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        let (messages, place) = (self.backlog.messages(changing.connection), self.stored.place);
        match &self.fate {
            Fate::Remove => messages.remove(place),
            Fate::Delay { due, tries } => messages.delay(place, *due, *tries),
            Fate::Bury { reason, attempts } => {
                let id = self.stored.message.metadata().id.to_string();
                messages.bury(&Burial { place, number: changing.numbers.next(), id: &id, attempts: *attempts, reason })
            }
        }
    }

    fn done(mut self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        let answer = self.answer.take();
        if let Err(error) = ended {
            // Who no longer waits needs no answer.
            answer.map(|answer| answer.send(Err(error.clone())));
            return Following::Later(self);
        }
        let wakes = {
            let mut memory = self.backlog.memory();
            match self.fate {
                Fate::Delay { due, .. } => {
                    memory.next_due = Some(memory.next_due.map_or(due, |next| next.min(due)));
                    true
                }
                Fate::Remove | Fate::Bury { .. } => {
                    memory.total -= 1;
                    false
                }
            }
        };
        answer.map(|answer| answer.send(Ok(())));
        if wakes {
            // They have to know until when to wait.
            self.backlog.readable.notify_waiters();
        }
        Following::Nothing
    }
}
