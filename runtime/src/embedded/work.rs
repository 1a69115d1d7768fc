//! What the commit thread is asked to do.

use rusqlite::Connection;

use crate::embedded::clock::DatabaseClock;
use crate::embedded::error::StorageError;

/// Something that changes the database, as a part of one commit.
pub(super) trait CommitWork: Send {
    /// Whether the commit has to be on the disk before it counts. Otherwise it is enough that the operating system has
    /// it: it outlives the process.
    fn is_synced(&self) -> bool;

    /// Reads what the change needs to know, before the commit begins.
    fn prepare(&mut self, reading: &Changing<'_>) -> Result<(), StorageError> {
        let _ = reading;
        Ok(())
    }

    /// Makes the change. Called again where the commit has failed and is tried with less in it.
    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError>;

    /// Tells everybody what became of it, once it is committed or has failed; says what follows from that.
    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following;
}

/// What a change has at hand.
pub(super) struct Changing<'c> {
    pub(super) connection: &'c Connection,
    pub(super) clock: &'c DatabaseClock,
    pub(super) numbers: &'c Numbers,
}

/// What follows from a change.
pub(super) enum Following {
    Nothing,
    /// The next commit has these as well.
    AtOnce(Vec<Box<dyn CommitWork>>),
    /// It has failed, and nobody would do it otherwise: it is tried again after a while.
    Later(Box<dyn CommitWork>),
}

/// Numbers that grow over all runs of the process: the places of messages and the versions of values.
#[derive(Debug)]
pub(super) struct Numbers(std::cell::Cell<i64>);

impl Numbers {
    /// How many numbers each opening of the folder has for itself.
    const RUN: u32 = 40;

    /// The numbers of one opening of the folder.
    pub(super) fn of_opening(opened: i64) -> Self {
        Self(std::cell::Cell::new(opened << Self::RUN))
    }

    pub(super) fn next(&self) -> i64 {
        self.0.set(self.0.get() + 1);
        self.0.get()
    }
}
