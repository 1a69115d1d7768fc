//! The way to the store: through what the handler holds back, if it holds back.

use crate::invoke::outbox::unit_of_work::UnitOfWork;
use crate::invoke::round_trip::RoundTrips;
use crate::store::{Change, Entry, Page, Range, StateAdapter, StoreError};

/// A handler's way to the store. It sees its own writes, also before they take effect.
#[derive(Clone, Copy)]
pub struct Access<'c> {
    pub(crate) store: &'c dyn StateAdapter,
    pub(crate) unit_of_work: Option<&'c UnitOfWork>,
    pub(crate) round_trips: RoundTrips,
}

impl Access<'_> {
    pub(crate) async fn get(self, collection: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        if let Some(held) = self.unit_of_work.and_then(|unit_of_work| unit_of_work.held(collection, key)) {
            return Ok(held);
        }
        self.store.get(collection, key).await
    }

    pub(crate) async fn list(self, collection: &str, range: Range) -> Result<Page<Entry>, StoreError> {
        let page = self.store.list(collection, range.clone()).await?;
        Ok(match self.unit_of_work {
            Some(unit_of_work) => unit_of_work.overlay(collection, &range, page),
            None => page,
        })
    }

    /// Makes changes, or holds them back. What is held back is compared at once with what is there, so that a handler
    /// that comes too late is told while it can do something; the store compares again when it takes effect.
    pub(crate) async fn commit(self, mut changes: Vec<Change>) -> Result<(), StoreError> {
        let Some(unit_of_work) = self.unit_of_work else { return self.store.commit(changes).await };
        for change in &mut changes {
            let there = self.get(change.collection, &change.key).await?;
            if !change.expect.is_met_by(there.as_ref().map(|entry| &entry.etag)) {
                return Err(change.conflict());
            }
        }
        for change in changes {
            unit_of_work.hold(change);
        }
        Ok(())
    }
}
