//! A collection as a handler sees it.

use std::time::Duration;

use serde::Serialize;

use crate::context::{MayRead, MayWrite};
use crate::definition::State;
use crate::state::{Batch, decode, key_text};
use crate::store::{Etag, Page, Range, StoreError};

/// A collection of state, as one handler may use it. Keys are texts, numbers, or types that serialize as one.
pub struct View<'c, S, C> {
    context: &'c C,
    state: S,
}

/// A value with the version that it is.
#[derive(Clone, Debug)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version, for [`View::replace`].
    pub etag: Etag,
}

impl<'c, S: State, C: MayRead<S>> View<'c, S, C> {
    pub(crate) fn new(context: &'c C, state: S) -> Self {
        Self { context, state }
    }

    /// What is kept under a key.
    ///
    /// # Errors
    /// The store is out of reach; the key is none; what is there is not an `S::Value`.
    pub async fn get<K: Serialize + Sync + ?Sized>(&self, key: &K) -> Result<Option<S::Value>, StoreError> {
        Ok(self.versioned(key).await?.map(|found| found.value))
    }

    /// What is kept under a key, and which version of it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn versioned<K: Serialize + Sync + ?Sized>(
        &self,
        key: &K,
    ) -> Result<Option<Versioned<S::Value>>, StoreError> {
        let Some(entry) = self.context.access().get(S::NAME, &key_text(key)?).await? else { return Ok(None) };
        Ok(Some(Versioned { value: decode(&entry.value)?, etag: entry.etag }))
    }

    /// The entries whose keys begin with a prefix, in the order of their keys, at most `limit`: those after the key
    /// `after`, which is the `next` of the page before.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page<S::Value>, StoreError> {
        let range = Range { prefix: prefix.to_owned(), after: after.map(str::to_owned), limit };
        let page = self.context.access().list(S::NAME, range).await?;
        let entries = page.entries.into_iter().map(|(key, entry)| Ok((key, decode(&entry.value)?)));
        Ok(Page { entries: entries.collect::<Result<_, StoreError>>()?, next: page.next })
    }

    /// Keeps a value under a key, whatever was there.
    ///
    /// # Errors
    /// The store is out of reach; the key is none.
    pub async fn set<K: Serialize + Sync + ?Sized>(&self, key: &K, value: &S::Value) -> Result<(), StoreError>
    where
        C: MayWrite<S>,
    {
        self.batch().set(key, value).commit().await
    }

    /// Keeps a value under a key for a time, whatever was there.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub async fn set_for<K: Serialize + Sync + ?Sized>(
        &self,
        key: &K,
        value: &S::Value,
        time: Duration,
    ) -> Result<(), StoreError>
    where
        C: MayWrite<S>,
    {
        self.batch().set_for(key, value, time).commit().await
    }

    /// Keeps a value under a key where nothing is yet: of several who try, the first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: something is there. Otherwise as [`Self::set`].
    pub async fn insert<K: Serialize + Sync + ?Sized>(&self, key: &K, value: &S::Value) -> Result<(), StoreError>
    where
        C: MayWrite<S>,
    {
        self.batch().insert(key, value).commit().await
    }

    /// Keeps a value in the place of the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: another version is there by now. Otherwise as [`Self::set`].
    pub async fn replace<K: Serialize + Sync + ?Sized>(
        &self,
        key: &K,
        value: &S::Value,
        etag: &Etag,
    ) -> Result<(), StoreError>
    where
        C: MayWrite<S>,
    {
        self.batch().replace(key, value, etag).commit().await
    }

    /// Deletes what is under a key; nothing there is no error.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub async fn delete<K: Serialize + Sync + ?Sized>(&self, key: &K) -> Result<(), StoreError>
    where
        C: MayWrite<S>,
    {
        self.batch().delete(key).commit().await
    }

    /// Several changes that take effect together, or not at all.
    #[must_use]
    pub fn batch(&self) -> Batch<'c, S>
    where
        C: MayWrite<S>,
    {
        Batch::new(self.context.access(), self.state)
    }
}
