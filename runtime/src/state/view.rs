//! A collection as a handler sees it.

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;

use crate::definition::State;
use crate::edge::WrittenBy;
use crate::soon::Soon;
use crate::state::{Access, Batch, decode, key_text};
use crate::store::{Etag, Page, Range, StoreError};

/// A collection of state, as one handler may use it. Keys are texts, numbers, or types that serialize as one.
pub struct View<'c, S, C> {
    access: Access<'c>,
    state: S,
    context: PhantomData<fn(&C)>,
}

/// A value with the version that it is.
#[derive(Clone, Debug)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version, for [`View::replace`].
    pub etag: Etag,
}

impl<'c, S: State, C> View<'c, S, C> {
    pub(crate) fn new(access: Access<'c>, state: S) -> Self {
        Self { access, state, context: PhantomData }
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
        let Some(entry) = self.access.get(S::NAME, &key_text(key)?).await? else { return Ok(None) };
        Ok(Some(Versioned { value: decode(&entry.value)?, etag: entry.etag }))
    }

    /// The entries whose keys begin with a prefix, in the order of their keys, at most `limit`: those after the key
    /// `after`, which is the `next` of the page before. A page may be shorter and have a `next` all the same.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub async fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> Result<Page<S::Value>, StoreError> {
        let range = Range { prefix: prefix.to_owned(), after: after.map(str::to_owned), limit };
        let page = self.access.list(S::NAME, range).await?;
        let entries = page.entries.into_iter().map(|(key, entry)| Ok((key, decode(&entry.value)?)));
        Ok(Page { entries: entries.collect::<Result<_, StoreError>>()?, next: page.next })
    }

    /// Keeps a value under a key, whatever was there.
    ///
    /// # Errors
    /// The store is out of reach; the key is none.
    pub fn set<K: Serialize + ?Sized>(&self, key: &K, value: &S::Value) -> Soon<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        Soon::later(self.batch().set(key, value).commit())
    }

    /// Keeps a value under a key for a time, whatever was there.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn set_for<K: Serialize + ?Sized>(
        &self,
        key: &K,
        value: &S::Value,
        time: Duration,
    ) -> Soon<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        Soon::later(self.batch().set_for(key, value, time).commit())
    }

    /// Keeps a value under a key where nothing is yet: of several who try, the first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: something is there. Otherwise as [`Self::set`].
    pub fn insert<K: Serialize + ?Sized>(&self, key: &K, value: &S::Value) -> Soon<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        Soon::later(self.batch().insert(key, value).commit())
    }

    /// Keeps a value in the place of the version that was read.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: another version is there by now. Otherwise as [`Self::set`].
    pub fn replace<K: Serialize + ?Sized>(
        &self,
        key: &K,
        value: &S::Value,
        etag: &Etag,
    ) -> Soon<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        Soon::later(self.batch().replace(key, value, etag).commit())
    }

    /// Deletes what is under a key; nothing there is no error.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn delete<K: Serialize + ?Sized>(&self, key: &K) -> Soon<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        Soon::later(self.batch().delete(key).commit())
    }

    /// Several changes that take effect together, or not at all.
    pub fn batch(&self) -> Batch<'c, S>
    where
        S: WrittenBy<C>,
    {
        Batch::new(self.access, self.state)
    }
}
