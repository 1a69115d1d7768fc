//! One pass of a relay over the entries of its subject, and how it ends.

use tokio::time::Instant;

use crate::one_line::OneLine;
use crate::store::StoreError;

/// What became of a pass.
pub(super) enum Pass {
    /// Nothing is left that is for the relay.
    Clear,
    /// What is left others are publishing: they have until then.
    Others(Instant),
    /// Another process is at it.
    Leased,
    /// Something could not be published or taken out.
    Failed,
    /// The unit has stopped.
    Closed,
}

/// Why a pass ends before everything is done.
pub(super) enum Stop {
    Pass(Pass),
    /// Something has changed: it is looked at anew.
    Again,
    /// The process that has committed this entry may be publishing it until then.
    Young(String, Instant),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Closed => Self::Pass(Pass::Closed),
            StoreError::Conflict { .. } => Self::Again,
            error => {
                tracing::debug!(target: "pontoon", error = %OneLine(&error), "the outbox cannot be read or changed");
                Self::Pass(Pass::Failed)
            }
        }
    }
}
