//! The packet identifiers of what the broker has not acknowledged: no more than it takes at a time.

use crate::rounds::Error;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::{Semaphore, oneshot};

/// The outcome of a PUBLISH or SUBSCRIBE, once it is acknowledged.
pub(super) type Acknowledged = oneshot::Receiver<Result<(), Error>>;

/// A pool of packet identifiers, with who waits for the acknowledgement of each that is in use.
pub(super) struct PacketIds {
    free: Semaphore,
    ids: Mutex<Ids>,
}

struct Ids {
    free: Vec<u16>,
    waiting: HashMap<u16, oneshot::Sender<Result<(), Error>>>,
}

impl PacketIds {
    /// As many as the receive maximum of the broker.
    pub(super) fn new(receive_maximum: u16) -> Self {
        let ids = Ids { free: (1..=receive_maximum).rev().collect(), waiting: HashMap::new() };
        Self { free: Semaphore::new(receive_maximum.into()), ids: Mutex::new(ids) }
    }

    /// Takes an identifier as soon as one is free.
    pub(super) async fn take(&self) -> Result<(u16, Acknowledged), Error> {
        self.free.acquire().await?.forget();
        let (sender, acknowledged) = oneshot::channel();
        let mut ids = self.locked();
        let id = ids.free.pop().ok_or("a permit without a packet identifier")?;
        ids.waiting.insert(id, sender);
        Ok((id, acknowledged))
    }

    /// Tells who waits for it how it ended, and frees the identifier.
    pub(super) fn acknowledge(&self, id: u16, outcome: Result<(), Error>) -> Result<(), Error> {
        let mut ids = self.locked();
        let waiting = ids.waiting.remove(&id).ok_or("an acknowledgement of nothing")?;
        ids.free.push(id);
        drop(ids);
        self.free.add_permits(1);
        // Whoever does not wait any more needs no outcome.
        let _ = waiting.send(outcome);
        Ok(())
    }

    fn locked(&self) -> MutexGuard<'_, Ids> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
