//! What one process at a time does: it has a lease in the store, and renews it.
//!
//! A lease ends by the clock of the store. A process counts the time since it last asked for a renewal, by a clock of
//! its own that only goes forward: what its end is, by that, comes no later than in the store.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::message::id::Id;
use crate::one_line::OneLine;
use crate::store::{Change, Etag, Expect, StateAdapter, StoreError};

/// How long a lease holds without being renewed.
pub(crate) const TERM: Duration = Duration::from_secs(10);

/// A lease that is ours.
#[derive(Clone)]
pub(crate) struct Lease {
    collection: &'static str,
    key: String,
    token: Arc<[u8]>,
    etag: Etag,
    renewed: Instant,
}

impl Lease {
    /// Takes the lease under a key, unless somebody else has it.
    pub(crate) async fn acquire(
        store: &dyn StateAdapter,
        collection: &'static str,
        key: &str,
    ) -> Result<Option<Self>, StoreError> {
        let token: Arc<[u8]> = serde_json::to_vec(&Id::random()).map_err(StoreError::Malformed)?.into();
        let renewed = Instant::now();
        let put = Some((Arc::clone(&token), Some(TERM)));
        match store.commit(vec![Change { collection, key: key.to_owned(), expect: Expect::Absent, put }]).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let there = store.get(collection, key).await?;
        let mine = there.filter(|there| there.value == token);
        Ok(mine.map(|mine| Self { collection, key: key.to_owned(), token, etag: mine.etag, renewed }))
    }

    /// When it is to be renewed.
    pub(crate) fn due(&self) -> Instant {
        self.renewed + TERM / 3
    }

    /// When it is over unless it is renewed.
    pub(crate) fn end(&self) -> Instant {
        self.renewed + TERM
    }

    /// Renews it where that is due. Says whether it is still ours.
    pub(crate) async fn keep(&mut self, store: &dyn StateAdapter) -> bool {
        let now = Instant::now();
        if now < self.due() {
            return true;
        }
        match self.renew(store).await {
            Ok(Some(etag)) => {
                (self.etag, self.renewed) = (etag, now);
                true
            }
            Ok(None) | Err(StoreError::Conflict { .. }) => false,
            // As long as nobody else can have it.
            Err(_) => self.renewed.elapsed() < TERM,
        }
    }

    async fn renew(&self, store: &dyn StateAdapter) -> Result<Option<Etag>, StoreError> {
        // An earlier renewal may have been made without an answer: what is there tells.
        let Some(etag) = self.find(store).await? else { return Ok(None) };
        let put = Some((Arc::clone(&self.token), Some(TERM)));
        store.commit(vec![self.change(Expect::Version(etag), put)]).await?;
        self.find(store).await
    }

    /// Asks the store whether it is still ours.
    pub(crate) async fn is_held(&self, store: &dyn StateAdapter) -> Result<bool, StoreError> {
        Ok(self.find(store).await?.is_some())
    }

    /// The version that is ours.
    async fn find(&self, store: &dyn StateAdapter) -> Result<Option<Etag>, StoreError> {
        let there = store.get(self.collection, &self.key).await?;
        Ok(there.filter(|there| there.value == self.token).map(|there| there.etag))
    }

    /// Gives it back, for the next one to have it at once.
    pub(crate) async fn release(self, store: &dyn StateAdapter) {
        let released = store.commit(vec![self.change(Expect::Version(self.etag.clone()), None)]).await;
        if let Err(error) = released {
            tracing::debug!(target: "pontoon", lease = self.key, error = %OneLine(&error), "a lease ends by itself");
        }
    }

    fn change(&self, expect: Expect, put: Option<(Arc<[u8]>, Option<Duration>)>) -> Change {
        Change { collection: self.collection, key: self.key.clone(), expect, put }
    }
}
