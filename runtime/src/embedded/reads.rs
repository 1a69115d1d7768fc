//! The thread that reads: what handlers ask the database is answered beside the commits.

use std::sync::mpsc;

use rusqlite::Connection;
use tokio::sync::oneshot;

use crate::embedded::error::StorageError;

/// A question to the database.
type Read = Box<dyn FnOnce(&Connection) + Send>;

/// The thread that reads. It ends once nobody can ask any more. Each who asks waits for the answer and has a permit of
/// the database, so that there are no more questions than those.
pub(super) struct ReadThread {
    reads: mpsc::Sender<Read>,
}

impl ReadThread {
    /// Begins to read over a connection of its own.
    ///
    /// # Errors
    /// The system has no thread for it.
    pub(super) fn start(connection: Connection) -> Result<Self, StorageError> {
        let (reads, asked) = mpsc::channel::<Read>();
        let thread = std::thread::Builder::new().name("pontoon-reads".to_owned());
        let begun = thread.spawn(move || {
            for read in asked {
                read(&connection);
            }
        });
        begun.map_err(|error| StorageError::passing(format!("no thread to read with: {error}")))?;
        Ok(Self { reads })
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Connection) -> Result<T, StorageError> + Send + 'static,
    ) -> Result<T, StorageError> {
        let (sender, answer) = oneshot::channel();
        let read: Read = Box::new(move |connection| {
            // Who no longer waits needs no answer.
            let _ = sender.send(question(connection));
        });
        self.reads.send(read).map_err(|_| StorageError::ended())?;
        answer.await.map_err(|_| StorageError::ended())?
    }
}
