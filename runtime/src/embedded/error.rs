//! The errors of the local disk, by what they mean for who has asked.

use std::fmt;
use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::bridge::BridgeError;
use crate::store::StoreError;

/// A storage error: the disk is full, the folder is not ours, or what is in it cannot be read. All whose changes were
/// in one commit have the same one.
#[derive(Clone, Debug)]
pub(super) struct StorageError {
    text: Arc<str>,
    /// Whether waiting mends nothing: somebody has to look into the folder, or at the settings.
    is_lasting: bool,
}

impl StorageError {
    /// One that ends with its cause, such as a full disk.
    pub(super) fn passing(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), is_lasting: false }
    }

    /// One that waiting does not mend.
    pub(super) fn lasting(text: impl Into<Arc<str>>) -> Self {
        Self { text: text.into(), is_lasting: true }
    }

    /// What is answered where the thread that answers is gone.
    pub(super) fn ended() -> Self {
        Self::lasting("the thread of the database has ended")
    }
}

impl fmt::Display for StorageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl std::error::Error for StorageError {}

impl From<rusqlite::Error> for StorageError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::passing("the disk is full, or the folder has reached its `bound:`"),
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
                Self::lasting(format!("the database is damaged ({error}): bring back a copy of the folder"))
            }
            _ => Self::passing(error.to_string()),
        }
    }
}

impl From<StorageError> for BridgeError {
    fn from(error: StorageError) -> Self {
        if error.is_lasting { Self::Mismatch(error.to_string()) } else { Self::Unavailable(Box::new(error)) }
    }
}

impl From<StorageError> for StoreError {
    fn from(error: StorageError) -> Self {
        if error.is_lasting { Self::Misconfigured(error.to_string()) } else { Self::Unavailable(Box::new(error)) }
    }
}
