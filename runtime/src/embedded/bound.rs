//! The bound of the database is set.

use crate::embedded::error::StorageError;
use crate::embedded::format;
use crate::embedded::work::{Changing, CommitWork, Following};

/// Sets how many bytes the database may have.
pub(super) struct SetBound(pub(super) u64);

impl CommitWork for SetBound {
    fn is_synced(&self) -> bool {
        false
    }

    fn prepare(&mut self, reading: &Changing<'_>) -> Result<(), StorageError> {
        format::bound(reading.connection, self.0)
    }

    fn apply(&mut self, _: &Changing<'_>) -> Result<(), StorageError> {
        Ok(())
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        if ended.is_ok() { Following::Nothing } else { Following::Later(self) }
    }
}
