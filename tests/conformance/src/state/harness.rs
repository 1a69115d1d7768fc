//! What the suite of state stores needs of an adapter, and the words its cases are written in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pontoon::Page;
use pontoon::StoreError;
use pontoon::adapter::Etag;
use pontoon::adapter::{Change, Entry, Expect, Range, StateAdapter};
use pontoon_schema::capability::StateStore;
use tokio::time::{sleep, timeout};

use crate::backend::Backend;

/// A store and whoever rules over it.
pub trait Harness: Backend {
    /// What the adapter can do.
    fn row(&self) -> &'static StateStore;

    /// One more adapter on the store, not connected yet: what another process would have.
    fn adapter(&self) -> Arc<dyn StateAdapter>;

    /// One more adapter, connected.
    fn connected(&self) -> impl Future<Output = Arc<dyn StateAdapter>> + Send {
        async {
            let store = self.adapter();
            soon(store.connect()).await.expect("a store that is there is connected");
            store
        }
    }
}

/// What is kept under `USERS` unless a case says otherwise.
pub(super) const USERS: &str = "users";

/// More than anything takes that is no hang. Nothing is measured by it.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// The outcome of something that must not hang.
pub(super) async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(PATIENCE, what).await.expect("it hangs")
}

/// Waits until something is so.
pub(super) async fn until<F: Future<Output = bool>>(what: &str, mut so: impl FnMut() -> F) {
    let wait = async {
        while !so().await {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, wait).await.unwrap_or_else(|_| panic!("in vain: {what}"));
}

pub(super) fn set(key: impl Into<String>, value: impl AsRef<[u8]>) -> Change {
    let put = Some((Arc::from(value.as_ref()), None));
    Change { collection: USERS, key: key.into(), expect: Expect::Anything, put }
}

pub(super) fn set_for(key: impl Into<String>, value: impl AsRef<[u8]>, time: Duration) -> Change {
    let put = Some((Arc::from(value.as_ref()), Some(time)));
    Change { put, ..set(key, "") }
}

pub(super) fn insert(key: impl Into<String>, value: impl AsRef<[u8]>) -> Change {
    Change { expect: Expect::Absent, ..set(key, value) }
}

pub(super) fn replace(key: impl Into<String>, value: impl AsRef<[u8]>, etag: &Etag) -> Change {
    Change { expect: Expect::Version(etag.clone()), ..set(key, value) }
}

pub(super) fn delete(key: impl Into<String>) -> Change {
    Change { put: None, ..set(key, "") }
}

pub(super) fn delete_version(key: impl Into<String>, etag: &Etag) -> Change {
    Change { put: None, ..replace(key, "", etag) }
}

pub(super) async fn commit<const N: usize>(store: &dyn StateAdapter, changes: [Change; N]) -> Result<(), StoreError> {
    store.commit(changes.into()).await
}

pub(super) async fn entry(store: &dyn StateAdapter, key: &str) -> Option<Entry> {
    store.get(USERS, key).await.unwrap()
}

pub(super) async fn get(store: &dyn StateAdapter, key: &str) -> Option<Vec<u8>> {
    entry(store, key).await.map(|entry| entry.value.to_vec())
}

pub(super) async fn etag(store: &dyn StateAdapter, key: &str) -> Etag {
    entry(store, key).await.expect("a value").etag
}

/// All keys with a prefix, page by page.
pub(super) async fn keys(store: &dyn StateAdapter, prefix: &str, limit: usize) -> Vec<String> {
    all(store, USERS, prefix, limit).await.into_iter().map(|(key, _)| key).collect()
}

/// All entries with a prefix, page by page: as many pages as there are.
pub(super) async fn all(
    store: &dyn StateAdapter,
    collection: &str,
    prefix: &str,
    limit: usize,
) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    let mut range = Range { prefix: prefix.into(), after: None, limit };
    loop {
        let Page { entries, next } = store.list(collection, range.clone()).await.unwrap();
        assert!(entries.len() <= limit, "{} entries on a page of {limit}", entries.len());
        found.extend(entries.into_iter().map(|(key, entry)| (key, entry.value.to_vec())));
        let Some(next) = next else { return found };
        assert!(range.after.as_ref() < Some(&next), "the pages go on: {:?}, then {next:?}", range.after);
        range.after = Some(next);
    }
}

pub(super) fn is_conflict(ended: &Result<(), StoreError>) -> bool {
    matches!(ended, Err(StoreError::Conflict { .. }))
}

pub(super) fn is_unsupported<T>(ended: &Result<T, StoreError>) -> bool {
    matches!(ended, Err(StoreError::Unsupported { .. }))
}
