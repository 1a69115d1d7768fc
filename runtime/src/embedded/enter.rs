//! Backlogs are entered into the database, so that it keeps what comes for them from now on.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::sync::oneshot;

use crate::embedded::backlog::StoredBacklog;
use crate::embedded::error::StorageError;
use crate::embedded::work::{Changing, CommitWork, Following};

/// Enters backlogs into the database.
pub(super) struct Enter {
    pub(super) backlogs: Vec<Arc<StoredBacklog>>,
    pub(super) answer: oneshot::Sender<Result<(), StorageError>>,
}

impl CommitWork for Enter {
    fn is_synced(&self) -> bool {
        true
    }

    fn apply(&mut self, changing: &Changing<'_>) -> Result<(), StorageError> {
        self.backlogs.iter().try_for_each(|backlog| backlog.enter(changing.connection))
    }

    fn done(self: Box<Self>, ended: Result<(), &StorageError>) -> Following {
        if ended.is_ok() {
            self.backlogs.iter().for_each(|backlog| backlog.is_entered.store(true, Ordering::Release));
        }
        // Who no longer waits needs no answer.
        let _ = self.answer.send(ended.map_err(Clone::clone));
        Following::Nothing
    }
}
