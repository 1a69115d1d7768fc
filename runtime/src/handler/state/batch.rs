//! Several changes of a collection that take effect together, or not at all.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use crate::contract::resource::State;
use crate::handler::edge::{ChangedBy, WrittenBy};
use crate::handler::state::{Access, encode, key_text};
use crate::maybe_ready::MaybeReady;
use crate::store::{Change, Etag, Expect, StoreError};

/// A new value, and how long it is kept.
type Put = (Arc<[u8]>, Option<Duration>);

/// Changes of a collection that take effect together with [`Batch::commit`], or not at all.
#[must_use = "nothing changes before `commit`"]
pub struct Batch<'c, S, C: ?Sized> {
    access: Access<'c>,
    changes: Result<Vec<Change>, StoreError>,
    of: PhantomData<fn(&C, S)>,
}

impl<'c, S: State, C: ?Sized> Batch<'c, S, C> {
    pub(crate) fn new(access: Access<'c>) -> Self {
        Self { access, changes: Ok(Vec::new()), of: PhantomData }
    }

    /// Keeps a value, whatever was there.
    pub fn set<K: Serialize + ?Sized>(self, key: &K, value: &S::Value) -> Self
    where
        S: WrittenBy<C>,
    {
        self.put(key, value, Expect::Anything, S::TTL)
    }

    /// Keeps a value for a time, whatever was there.
    pub fn set_for<K: Serialize + ?Sized>(self, key: &K, value: &S::Value, time: Duration) -> Self
    where
        S: WrittenBy<C>,
    {
        self.put(key, value, Expect::Anything, Some(time))
    }

    /// Keeps a value where nothing is yet.
    pub fn insert<K: Serialize + ?Sized>(self, key: &K, value: &S::Value) -> Self
    where
        S: ChangedBy<C>,
    {
        self.put(key, value, Expect::Absent, S::TTL)
    }

    /// Keeps a value in the place of a version that was read.
    pub fn replace<K: Serialize + ?Sized>(self, key: &K, value: &S::Value, etag: &Etag) -> Self
    where
        S: ChangedBy<C>,
    {
        self.put(key, value, Expect::Version(etag.clone()), S::TTL)
    }

    /// Deletes what is there.
    pub fn delete<K: Serialize + ?Sized>(self, key: &K) -> Self
    where
        S: WrittenBy<C>,
    {
        self.change(key, Expect::Anything, Ok(None))
    }

    /// Deletes a version that was read.
    pub fn delete_version<K: Serialize + ?Sized>(self, key: &K, etag: &Etag) -> Self
    where
        S: ChangedBy<C>,
    {
        self.change(key, Expect::Version(etag.clone()), Ok(None))
    }

    /// Makes the changes.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: one of them did not find what it expects; nothing was changed. A key that is none, a
    /// value that is no JSON, a store out of reach.
    pub fn commit(self) -> MaybeReady<'c, Result<(), StoreError>> {
        let Self { access, changes, .. } = self;
        MaybeReady::boxed(async move { access.commit(changes?).await })
    }

    fn put<K: Serialize + ?Sized>(self, key: &K, value: &S::Value, expect: Expect, ttl: Option<Duration>) -> Self {
        let value = encode(value, self.access.round_trips).map(|value| Some((value, ttl)));
        self.change(key, expect, value)
    }

    fn change<K: Serialize + ?Sized>(mut self, key: &K, expect: Expect, put: Result<Option<Put>, StoreError>) -> Self {
        self.changes = self.changes.and_then(|mut changes| {
            changes.push(Change { collection: S::NAME, key: key_text(key)?, expect, put: put? });
            Ok(changes)
        });
        self
    }
}
