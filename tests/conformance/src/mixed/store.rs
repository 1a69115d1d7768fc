//! The state that the units keep, as it is in the store.

use std::sync::Arc;
use std::time::Duration;

use pontoon::StoreError;
use pontoon::adapter::StateAdapter;
use pontoon::adapter::{Instance, Redis, Setup, StateStore, Variables};
use serde::de::DeserializeOwned;
use tokio::time::sleep;

use crate::adapter::text;

/// The state that the units keep.
pub(super) struct Store(Arc<dyn StateAdapter>);

impl Store {
    /// Connects to the store of the topology.
    ///
    /// # Panics
    /// It does not let us.
    pub(super) async fn connect(url: &str) -> Self {
        let redis = Redis::new(text(url));
        let mut setup = Setup::new(Instance::new("suite", "judge"), false, Variables::default());
        let store = redis.open(&mut setup).await;
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        let store = store.expect("it opens where there is no problem");
        store.connect().await.expect("a store");
        Self(store)
    }

    /// What is under a key. A store that is away is waited for.
    ///
    /// # Panics
    /// It is no `T`.
    pub(super) async fn get<T: DeserializeOwned>(&self, collection: &str, key: &str) -> Option<T> {
        loop {
            match self.0.get(collection, key).await {
                Ok(entry) => return entry.map(|entry| serde_json::from_slice(&entry.value).expect("a value of ours")),
                Err(StoreError::Unavailable(_)) => sleep(Duration::from_millis(50)).await,
                Err(error) => panic!("{collection} {key}: {error}"),
            }
        }
    }
}
