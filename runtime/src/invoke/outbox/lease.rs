//! Who relays a subject: one process at a time.
//!
//! The lease keeps two relays from publishing the same entries, and the order of commits. It ends by the clock of the
//! store. A relay that is held up beyond its end finds the entries changed by its successor, and changes nothing under
//! them.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::message::id::Id;
use crate::one_line::OneLine;
use crate::store::{Change, Etag, Expect, StateAdapter, StoreError};

/// The collection of leases, by subject.
const COLLECTION: &str = "$outbox_lease";

/// How long a lease holds without being renewed.
pub(super) const TERM: Duration = Duration::from_secs(10);

/// A lease that is ours.
#[derive(Clone)]
pub(super) struct Lease {
    subject: String,
    token: Arc<[u8]>,
    etag: Etag,
    renewed: Instant,
}

impl Lease {
    /// Takes the lease of a subject, unless somebody else has it.
    pub(super) async fn acquire(store: &dyn StateAdapter, subject: &str) -> Result<Option<Self>, StoreError> {
        let token: Arc<[u8]> = serde_json::to_vec(&Id::random()).map_err(StoreError::Malformed)?.into();
        let renewed = Instant::now();
        match store.commit(vec![change(subject, Expect::Absent, Some(&token))]).await {
            Ok(()) | Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let there = store.get(COLLECTION, subject).await?;
        let mine = there.filter(|there| there.value == token);
        Ok(mine.map(|mine| Self { subject: subject.to_owned(), token, etag: mine.etag, renewed }))
    }

    /// When it is to be renewed.
    pub(super) fn due(&self) -> Instant {
        self.renewed + TERM / 3
    }

    /// When it is over unless it is renewed.
    pub(super) fn end(&self) -> Instant {
        self.renewed + TERM
    }

    /// Renews it where that is due. Says whether it is still ours.
    pub(super) async fn keep(&mut self, store: &dyn StateAdapter) -> bool {
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
        let Some(there) = store.get(COLLECTION, &self.subject).await? else { return Ok(None) };
        if there.value != self.token {
            return Ok(None);
        }
        store.commit(vec![change(&self.subject, Expect::Version(there.etag), Some(&self.token))]).await?;
        let there = store.get(COLLECTION, &self.subject).await?;
        Ok(there.filter(|there| there.value == self.token).map(|there| there.etag))
    }

    /// Gives it back, for the next one to have it at once.
    pub(super) async fn release(self, store: &dyn StateAdapter) {
        let released = store.commit(vec![change(&self.subject, Expect::Version(self.etag), None)]).await;
        if let Err(error) = released {
            tracing::debug!(target: "pontoon", subject = self.subject, error = %OneLine(&error), "the lease of an outbox ends by itself");
        }
    }
}

fn change(subject: &str, expect: Expect, token: Option<&Arc<[u8]>>) -> Change {
    let put = token.map(|token| (Arc::clone(token), Some(TERM)));
    Change { collection: COLLECTION, key: subject.to_owned(), expect, put }
}
