//! A collection as a handler sees it.

use std::marker::PhantomData;
use std::time::Duration;

use serde::Serialize;
use tokio::time::sleep;

use crate::contract::policy::Backoff;
use crate::contract::resource::State;
use crate::handler::edge::{ChangedBy, ReadBy, WrittenBy};
use crate::handler::state::{Access, Batch, decode, encode, key_text};
use crate::maybe_ready::MaybeReady;
use crate::store::{Change, Etag, Expect, Page, Range, StoreError};

/// How often an update begins again before it says that others are always faster.
pub(crate) const UPDATES: u32 = 100;

/// The pause after somebody else was faster: those who collided do not collide again.
pub(crate) const CONTENTION: Backoff = Backoff::new(Duration::from_millis(1), Duration::from_millis(100));

/// A collection of state, as one handler may use it. Keys are texts, numbers, or types that serialize as one.
///
/// ```
/// use pontoon::edge::{MayRead, MayUpdate};
/// use pontoon::{Batch, Context, Page, Result, StoreError, Versioned, View};
/// use shop::User;
/// use shop::topology::state;
///
/// async fn move_account<C: Context + MayRead<state::Users> + MayUpdate<state::Users>>(ctx: &C) -> Result<()> {
///     let users: View<'_, state::Users, C> = ctx.state(state::Users);
///     let first: Page<User> = users.list("ada@", None, 10).await?;
///     let old: Option<Versioned<User>> = users.versioned("ada@example.com").await?;
///     if let Some(old) = old {
///         let batch: Batch<'_, state::Users, C> = users.batch();
///         let moved = batch.delete_version("ada@example.com", &old.etag).insert("ada@example.org", &old.value);
///         if let Err(StoreError::Conflict { .. }) = moved.commit().await {
///             return Err(pontoon::Error::fault(format!("changed meanwhile, one of {}", first.entries.len())));
///         }
///     }
///     Ok(())
/// }
/// ```
pub struct View<'c, S, C: ?Sized> {
    context: &'c C,
    state: PhantomData<fn(S)>,
}

/// A value with the version that it is.
#[derive(Clone, Debug)]
pub struct Versioned<T> {
    /// The value.
    pub value: T,
    /// Its version, for [`View::replace`].
    pub etag: Etag,
}

impl<'c, S: State, C: ?Sized> View<'c, S, C> {
    pub(crate) fn new(context: &'c C, _: S) -> Self {
        Self { context, state: PhantomData }
    }

    /// What is kept under a key.
    ///
    /// # Errors
    /// The store is out of reach; the key is none; what is there is not an `S::Value`.
    pub fn get<K: Serialize + ?Sized>(&self, key: &K) -> MaybeReady<'c, Result<Option<S::Value>, StoreError>>
    where
        S: ReadBy<C>,
    {
        let (access, key) = (S::access(self.context), key_text(key));
        MaybeReady::boxed(async move { Ok(read::<S>(access, &key?).await?.map(|found| found.value)) })
    }

    /// What is kept under a key, and which version of it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn versioned<K: Serialize + ?Sized>(
        &self,
        key: &K,
    ) -> MaybeReady<'c, Result<Option<Versioned<S::Value>>, StoreError>>
    where
        S: ReadBy<C>,
    {
        let (access, key) = (S::access(self.context), key_text(key));
        MaybeReady::boxed(async move { read::<S>(access, &key?).await })
    }

    /// The entries whose keys begin with a prefix, in the order of their keys, at most `limit`: those after the key
    /// `after`, which is the `next` of the page before. A page may be shorter and have a `next` all the same.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn list(
        &self,
        prefix: &str,
        after: Option<&str>,
        limit: usize,
    ) -> MaybeReady<'c, Result<Page<S::Value>, StoreError>>
    where
        S: ReadBy<C>,
    {
        let (access, range) =
            (S::access(self.context), Range { prefix: prefix.to_owned(), after: after.map(str::to_owned), limit });
        MaybeReady::boxed(async move {
            let page = access.list(S::NAME, range).await?;
            let entries = page.entries.into_iter().map(|(key, entry)| Ok((key, decode(&entry.value)?)));
            Ok(Page { entries: entries.collect::<Result<_, StoreError>>()?, next: page.next })
        })
    }

    /// Makes of what is kept under a key what is to be kept: the usual way to change something. Where somebody else was
    /// faster, it begins again with what they have left, so `change` may be called several times. With `outbox: true`
    /// it takes effect with all else, and the handler runs again where somebody else was faster by then. Returns what
    /// is kept now.
    ///
    /// ```text
    /// ctx.state(state::Stock).update(&sku, |stock| Stock { left: stock.map_or(0, |stock| stock.left) + more }).await?;
    /// ```
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: others were faster a hundred times in a row. Otherwise as [`Self::get`] and
    /// [`Self::set`].
    pub fn update<'f, K, F>(&self, key: &K, mut change: F) -> MaybeReady<'f, Result<S::Value, StoreError>>
    where
        'c: 'f,
        K: Serialize + ?Sized,
        F: FnMut(Option<S::Value>) -> S::Value + Send + 'f,
        S: ReadBy<C> + ChangedBy<C>,
    {
        self.try_update(key, move |old| Ok(change(old)))
    }

    /// The same, for a change that may be refused: nothing is changed where it is an error, such as a rejection.
    ///
    /// ```text
    /// let reserve = |stock: Option<Stock>| match stock {
    ///     Some(Stock { left }) if left >= wanted => Ok(Stock { left: left - wanted }),
    ///     _ => Err(Error::Rejected(SoldOut)),
    /// };
    /// ctx.state(state::Stock).try_update(&sku, reserve).await?;
    /// ```
    ///
    /// # Errors
    /// What `change` returns. Otherwise as [`Self::update`].
    pub fn try_update<'f, K, F, E>(&self, key: &K, change: F) -> MaybeReady<'f, Result<S::Value, E>>
    where
        'c: 'f,
        K: Serialize + ?Sized,
        F: FnMut(Option<S::Value>) -> Result<S::Value, E> + Send + 'f,
        E: From<StoreError> + Send + 'f,
        S: ReadBy<C> + ChangedBy<C>,
    {
        let (access, key) = (S::access(self.context), key_text(key));
        MaybeReady::boxed(async move { update::<S, _, _>(access, key?, change).await })
    }

    /// Keeps a value under a key, whatever was there.
    ///
    /// # Errors
    /// The store is out of reach; the key is none.
    pub fn set<K: Serialize + ?Sized>(&self, key: &K, value: &S::Value) -> MaybeReady<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        self.batch().set(key, value).commit()
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
    ) -> MaybeReady<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        self.batch().set_for(key, value, time).commit()
    }

    /// Keeps a value under a key where nothing is yet: of several who try, the first.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: something is there. Otherwise as [`Self::set`].
    pub fn insert<K: Serialize + ?Sized>(&self, key: &K, value: &S::Value) -> MaybeReady<'c, Result<(), StoreError>>
    where
        S: ChangedBy<C>,
    {
        self.batch().insert(key, value).commit()
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
    ) -> MaybeReady<'c, Result<(), StoreError>>
    where
        S: ChangedBy<C>,
    {
        self.batch().replace(key, value, etag).commit()
    }

    /// Deletes what is under a key; nothing there is no error.
    ///
    /// # Errors
    /// As [`Self::set`].
    pub fn delete<K: Serialize + ?Sized>(&self, key: &K) -> MaybeReady<'c, Result<(), StoreError>>
    where
        S: WrittenBy<C>,
    {
        self.batch().delete(key).commit()
    }

    /// Several changes that take effect together, or not at all.
    pub fn batch(&self) -> Batch<'c, S, C>
    where
        S: ChangedBy<C>,
    {
        Batch::new(S::access(self.context))
    }
}

async fn read<S: State>(access: Access<'_>, key: &str) -> Result<Option<Versioned<S::Value>>, StoreError> {
    let Some(entry) = access.get(S::NAME, key).await? else { return Ok(None) };
    Ok(Some(Versioned { value: decode(&entry.value)?, etag: entry.etag }))
}

async fn update<S, F, E>(access: Access<'_>, key: String, mut change: F) -> Result<S::Value, E>
where
    S: State,
    F: FnMut(Option<S::Value>) -> Result<S::Value, E>,
    E: From<StoreError>,
{
    let mut attempt = 1;
    loop {
        let (old, expect) = match read::<S>(access, &key).await? {
            Some(Versioned { value, etag }) => (Some(value), Expect::Version(etag)),
            None => (None, Expect::Absent),
        };
        let new = change(old)?;
        let put = Some((encode(&new, access.round_trips)?, S::TTL));
        match access.commit(vec![Change { collection: S::NAME, key: key.clone(), expect, put }]).await {
            Ok(()) => return Ok(new),
            Err(StoreError::Conflict { .. }) if attempt < UPDATES => sleep(CONTENTION.after(attempt)).await,
            Err(error) => return Err(error.into()),
        }
        attempt += 1;
    }
}
