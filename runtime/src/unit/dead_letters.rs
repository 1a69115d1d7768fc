//! What was given up, for people who look into it.

use std::marker::PhantomData;
use std::sync::Arc;

use crate::bridge::{BridgeError, Consumer};
use crate::contract::operation::Operation;
use crate::message::id::Id;
use crate::message::metadata::Metadata;

/// How many are looked at in one go.
pub(crate) const AT_A_TIME: usize = 10_000;

/// What a subscription or a worker has given up.
pub struct DeadLetters<M> {
    consumer: Option<Arc<dyn Consumer>>,
    marker: PhantomData<M>,
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadLetter<T> {
    /// What it said; `None` where it could not be read.
    pub payload: Option<T>,
    /// What it said, as JSON.
    pub json: String,
    /// Its metadata, as they were when it was sent.
    pub metadata: Metadata,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
}

impl<M: Operation> DeadLetters<M> {
    pub(crate) fn new(consumer: Option<Arc<dyn Consumer>>) -> Self {
        Self { consumer, marker: PhantomData }
    }

    /// The oldest of them, oldest first: 10,000, or as many as have 64 MiB. None for what does not take messages in
    /// this unit.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn list(&self) -> Result<Vec<DeadLetter<M::Input>>, BridgeError> {
        self.list_behind(0).await
    }

    /// The same behind so many of the oldest: the next page, behind those that were listed before.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn list_behind(&self, skip: usize) -> Result<Vec<DeadLetter<M::Input>>, BridgeError> {
        let Some(consumer) = &self.consumer else { return Ok(Vec::new()) };
        let dead = consumer.dead_letters(skip).await?;
        let letters = dead.into_iter().map(|dead| {
            let json = dead.message.json().map_err(BridgeError::Malformed)?;
            Ok(DeadLetter {
                payload: dead.message.read().ok(),
                json: String::from_utf8_lossy(&json).into_owned(),
                metadata: dead.message.metadata().clone(),
                reason: dead.reason,
                attempts: dead.attempts,
            })
        });
        letters.collect()
    }

    /// Delivers one anew, under its old id, its attempts counted from the start. Says whether it was there.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn replay(&self, id: Id) -> Result<bool, BridgeError> {
        Ok(self.clear(Some(id), true).await? > 0)
    }

    /// Delivers anew those that [`Self::list`] has. Returns how many there were.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn replay_all(&self) -> Result<usize, BridgeError> {
        self.clear(None, true).await
    }

    /// Forgets those that [`Self::list`] has. Returns how many there were.
    ///
    /// # Errors
    /// The bridge is out of reach.
    pub async fn purge(&self) -> Result<usize, BridgeError> {
        self.clear(None, false).await
    }

    async fn clear(&self, id: Option<Id>, replay: bool) -> Result<usize, BridgeError> {
        match &self.consumer {
            Some(consumer) => consumer.clear_dead_letters(id, replay).await,
            None => Ok(0),
        }
    }
}
