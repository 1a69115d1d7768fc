//! A message is put into backlogs: a job into its queue, an event into each of its subscriptions.

use std::mem;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use crate::bridge::BridgeError;
use crate::contract::subscription_policy::WhenFull;
use crate::embedded::backlog::StoredBacklog;
use crate::embedded::error::StorageError;
use crate::embedded::hand_out::HandOut;
use crate::embedded::message::{BacklogMessage, MessageRecord, Place};
use crate::embedded::work::{Changing, CommitWork, Following};
use crate::message::metadata::Metadata;

/// Puts a message into backlogs, all or none.
pub(super) struct Push {
    pub(super) into: Vec<Arc<StoredBacklog>>,
    pub(super) record: MessageRecord,
    pub(super) metadata: Metadata,
    /// When it may be handed out; nothing for at once.
    pub(super) due: Option<i64>,
    pub(super) deduplication: Option<Deduplication>,
    pub(super) answer: oneshot::Sender<Admitted>,
    /// What the commit does, as far as it has got.
    pub(super) outcome: PushOutcome,
}

/// The id under which a second job is taken for the first.
pub(super) struct Deduplication {
    pub(super) id: String,
    pub(super) until: i64,
}

/// How a message was put in, or not.
pub(super) type Admitted = Result<Admission, BridgeError>;

/// Whether a message was put in.
pub(super) enum Admission {
    Accepted,
    /// A backlog has no room: its writers wait.
    Full(Arc<StoredBacklog>),
}

/// What a commit does with a message.
#[derive(Default)]
pub(super) enum PushOutcome {
    /// It is what another one was.
    #[default]
    Nothing,
    Added(Added),
    Waits(Arc<StoredBacklog>),
    Refused(&'static str),
}

/// A message that a commit adds.
pub(super) struct Added {
    place: Place,
    since: i64,
    dropped: Vec<Dropped>,
}

/// The oldest message of a backlog, which makes room.
struct Dropped {
    backlog: Arc<StoredBacklog>,
    /// Itself, where it was in memory.
    stored: Option<BacklogMessage>,
}

impl Push {
    /// The first backlog that has no room, and what is to be done about it. Those that drop a message have some.
    fn full(&self) -> Option<PushOutcome> {
        self.into.iter().find_map(|backlog| {
            let memory = backlog.memory();
            let limits = memory.limits.filter(|_| !memory.has_room())?;
            match limits.when_full {
                WhenFull::DropOldest => None,
                WhenFull::Wait => Some(PushOutcome::Waits(Arc::clone(backlog))),
                WhenFull::Refuse => Some(PushOutcome::Refused(limits.at)),
            }
        })
    }

    /// Adds the message everywhere.
    fn add(&self, changing: &Changing<'_>) -> Result<Added, StorageError> {
        let (place, since) =
            (Place { due: self.due.unwrap_or(0), number: changing.numbers.next() }, changing.clock.now());
        let mut added = Added { place, since, dropped: Vec::new() };
        for backlog in &self.into {
            let dropped = drop_oldest(backlog, changing).and_then(|dropped| {
                added.dropped.extend(dropped);
                backlog.messages(changing.connection).add(place, since, &self.record)
            });
            if let Err(error) = dropped {
                added.take_back();
                return Err(error);
            }
        }
        for backlog in &self.into {
            backlog.memory().adding += 1;
        }
        Ok(added)
    }

    /// Forgets what a commit has done that has failed.
    fn take_back(&mut self) {
        if let PushOutcome::Added(mut added) = mem::take(&mut self.outcome) {
            added.take_back();
            for backlog in &self.into {
                backlog.memory().adding -= 1;
            }
        }
    }

    /// Brings memory in line with the disk.
    fn added(&self, added: &Added) -> Vec<Box<dyn CommitWork>> {
        for Dropped { backlog, .. } in &added.dropped {
            let mut memory = backlog.memory();
            memory.total -= 1;
            memory.dropped += 1;
            // The 1st, 2nd, 4th, 8th…: a log that is of use and does not flood.
            if memory.dropped.is_power_of_two() {
                let (at, dropped) = (memory.limits.map(|limits| limits.at), memory.dropped);
                tracing::warn!(target: "pontoon", at, dropped, "full: the oldest message is gone");
            }
        }
        let (place, since) = (added.place, added.since);
        let size = self.record.metadata.len() + self.record.body.len();
        let message = self.record.message(self.metadata.clone());
        let mut following: Vec<Box<dyn CommitWork>> = Vec::new();
        for backlog in &self.into {
            let mut memory = backlog.memory();
            memory.adding -= 1;
            memory.total += 1;
            if place.due == 0 {
                memory.append(BacklogMessage { place, tries: 0, since, size, message: message.clone() });
            } else {
                memory.next_due = Some(memory.next_due.map_or(place.due, |next| next.min(place.due)));
            }
            drop(memory);
            if backlog.begins_to_hand_out(since) {
                following.push(HandOut::of(Arc::clone(backlog)));
            } else if place.due > 0 {
                // Readers have to know until when to wait.
                backlog.readable.notify_waiters();
            }
        }
        following
    }
}

impl Added {
    /// Nothing is gone: the commit has failed.
    fn take_back(&mut self) {
        for Dropped { backlog, stored } in self.dropped.drain(..) {
            if let Some(stored) = stored {
                backlog.memory().give_back(stored);
            }
        }
    }
}

/// Removes the oldest message of a backlog that has no room.
fn drop_oldest(backlog: &Arc<StoredBacklog>, changing: &Changing<'_>) -> Result<Option<Dropped>, StorageError> {
    let (stored, loaded, loaded_due) = {
        let mut memory = backlog.memory();
        if memory.has_room() {
            return Ok(None);
        }
        (memory.pop_oldest(), memory.loaded, memory.loaded_due)
    };
    let messages = backlog.messages(changing.connection);
    let oldest = match &stored {
        Some(stored) => Some(stored.place),
        None => messages.oldest(loaded, loaded_due)?,
    };
    let Some(oldest) = oldest else { return Ok(None) };
    let dropped = Dropped { backlog: Arc::clone(backlog), stored };
    match messages.remove(oldest) {
        Ok(()) => Ok(Some(dropped)),
        Err(error) => {
            Added { place: oldest, since: 0, dropped: vec![dropped] }.take_back();
            Err(error)
        }
    }
}

impl CommitWork for Push {
    fn is_synced(&self) -> bool {
        true
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        self.take_back();
        for backlog in &self.into {
            backlog.enter(changing.connection)?;
        }
        let deduplicated = self.deduplication.as_ref().zip(self.into.first());
        if let Some((Deduplication { id, .. }, queue)) = deduplicated
            && queue.messages(changing.connection).remembers(id, changing.clock.now())?
        {
            return Ok(());
        }
        if let Some(full) = self.full() {
            self.outcome = full;
            return Ok(());
        }
        if let Some((Deduplication { id, until }, queue)) = deduplicated {
            queue.messages(changing.connection).remember(id, *until)?;
        }
        self.outcome = PushOutcome::Added(self.add(changing)?);
        Ok(())
    }

    fn done(mut self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        if let Err(error) = ended {
            self.take_back();
            // Who no longer waits needs no answer.
            let _ = self.answer.send(Err(error.clone().into()));
            return Following::Nothing;
        }
        self.into.iter().for_each(|backlog| backlog.is_entered.store(true, Ordering::Release));
        let (put, following) = match mem::take(&mut self.outcome) {
            PushOutcome::Nothing => (Ok(Admission::Accepted), Vec::new()),
            PushOutcome::Added(added) => (Ok(Admission::Accepted), self.added(&added)),
            PushOutcome::Waits(backlog) => (Ok(Admission::Full(backlog)), Vec::new()),
            PushOutcome::Refused(at) => (Err(BridgeError::Full { at }), Vec::new()),
        };
        let _ = self.answer.send(put);
        Following::AtOnce(following)
    }
}
