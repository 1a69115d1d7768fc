//! What an adapter for state has to do. One file per adapter below `store/`.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::fault::class::FaultClass;
use crate::health::Health;
use crate::maybe_ready::MaybeReady;

pub(crate) mod in_memory;
pub(crate) mod lease;
#[cfg(feature = "redis")]
pub(crate) mod redis;

/// Keeps state: collections of JSON values under text keys.
pub trait StateAdapter: Send + Sync {
    /// What is kept under a key.
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>>;

    /// The entries whose key begins with a prefix, in the order of their keys: at most `limit`, those after a key. A
    /// page may have fewer than that, also none, and a `next` all the same: what follows is on the next one.
    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>>;

    /// Makes changes, all or none.
    ///
    /// # Errors
    /// [`StoreError::Conflict`]: an expectation was not met. [`StoreError::TooLarge`]: a value is larger than the store
    /// takes. Nothing was changed. [`StoreError::Unavailable`]: over a network, all changes may have been made, or
    /// none.
    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>>;

    /// Connects. Waits for a store that is away.
    ///
    /// # Errors
    /// [`StoreError::Misconfigured`]: the store refuses, and waiting would not help. [`StoreError::Closed`].
    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>>;

    /// Disconnects, for good: whatever is asked after it ends in [`StoreError::Closed`]. Closing twice is no error.
    fn close(&self) -> MaybeReady<'_, ()>;

    /// Whether the store is in the memory of the process. What has to be done in one outside while handlers compute has
    /// a thread of its own.
    fn is_in_process(&self) -> bool {
        false
    }

    /// Whether the store can be used, as far as is known: no question to it.
    fn health(&self) -> Health {
        Health::Ready
    }
}

/// Which entries to list.
#[derive(Clone, Debug, Default)]
pub struct Range {
    /// What their keys begin with.
    pub prefix: String,
    /// The key that they come after.
    pub after: Option<String>,
    /// How many at most.
    pub limit: usize,
}

/// Some of the entries of a listing.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The entries, each with its key, in the order of their keys.
    pub entries: Vec<(String, T)>,
    /// Where the next page begins: its `after`. `None` where nothing follows.
    pub next: Option<String>,
}

/// A value as it is kept.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The value, as JSON.
    pub value: Arc<[u8]>,
    /// Which version of it this is.
    pub etag: Etag,
}

/// Names one version of a value; of no meaning beside that.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Etag(Arc<str>);

impl Etag {
    /// An adapter's name for a version.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The adapter's name for the version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A change of one key.
#[derive(Clone, Debug)]
pub struct Change {
    /// The collection. Those of the runtime begin with `$`.
    pub collection: &'static str,
    /// The key.
    pub key: String,
    /// What has to be there, or nothing is changed.
    pub expect: Expect,
    /// The new value and how long it is kept; `None` deletes.
    pub put: Option<(Arc<[u8]>, Option<Duration>)>,
}

impl Change {
    /// The expectation was not met.
    #[must_use]
    pub fn conflict(&self) -> StoreError {
        StoreError::Conflict { collection: self.collection.to_owned(), key: self.key.clone() }
    }

    /// Whether the new value is no larger than a store takes, in bytes.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`].
    pub fn fits(&self, limit: u64) -> Result<(), StoreError> {
        let size = self.put.as_ref().map_or(0, |(value, _)| value.len() as u64);
        if size <= limit {
            return Ok(());
        }
        Err(StoreError::TooLarge { collection: self.collection.to_owned(), key: self.key.clone(), size, limit })
    }
}

/// What has to be under a key before it is changed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Expect {
    /// Whatever is there.
    Anything,
    /// Nothing.
    Absent,
    /// This version.
    Version(Etag),
}

impl Expect {
    /// Whether what is there is what was expected.
    #[must_use]
    pub fn is_met_by(&self, there: Option<&Etag>) -> bool {
        match self {
            Self::Anything => true,
            Self::Absent => there.is_none(),
            Self::Version(etag) => there == Some(etag),
        }
    }
}

/// A store could not do what was asked.
#[derive(Debug)]
#[non_exhaustive]
pub enum StoreError {
    /// The key has been changed since it was read, or is there where it should not be.
    Conflict {
        /// The collection.
        collection: String,
        /// The key.
        key: String,
    },
    /// A value is larger than the store takes. It was not sent.
    TooLarge {
        /// The collection.
        collection: String,
        /// The key.
        key: String,
        /// The value's size in bytes.
        size: u64,
        /// What the store takes, in bytes.
        limit: u64,
    },
    /// A key is neither a text nor a number nor made of one.
    InvalidKey,
    /// A value could not be written or read as JSON.
    Malformed(serde_json::Error),
    /// The store cannot do this at all; its row of the capability table says so.
    Unsupported {
        /// What it cannot do.
        what: &'static str,
    },
    /// The settings are wrong: an address or a certificate that is none, or credentials that the store refuses.
    Misconfigured(String),
    /// The store is closed: the unit has stopped.
    Closed,
    /// The store could not be reached, did not answer in time, or refused. A change may have been made all the same.
    Unavailable(Box<dyn std::error::Error + Send + Sync>),
}

impl StoreError {
    pub(crate) fn class(&self) -> FaultClass {
        match self {
            Self::Conflict { .. } => FaultClass::Conflict,
            Self::TooLarge { .. } | Self::InvalidKey | Self::Malformed(_) | Self::Unsupported { .. } => {
                FaultClass::Malformed
            }
            Self::Closed => FaultClass::Stopped,
            Self::Misconfigured(_) | Self::Unavailable(_) => FaultClass::Unavailable,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Conflict { collection, key } => {
                write!(f, "`{key}` in state `{collection}` is not what was expected: somebody else has changed it")
            }
            Self::TooLarge { collection, key, size, limit } => {
                write!(f, "`{key}` in state `{collection}` has {size} bytes: the state store takes up to {limit}")
            }
            Self::InvalidKey => f.write_str("a key is a text, a number, or a type that serializes as one"),
            Self::Malformed(error) => write!(f, "the value is malformed: {error}"),
            Self::Unsupported { what } => write!(f, "the state store cannot do this: {what}"),
            Self::Misconfigured(what) => write!(f, "the settings of the state store are wrong: {what}"),
            Self::Closed => f.write_str("the state store is closed: the unit has stopped"),
            Self::Unavailable(error) => write!(f, "the state store is unavailable: {error}"),
        }
    }
}

impl std::error::Error for StoreError {}
