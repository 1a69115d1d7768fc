//! State in Redis: the home of what units share. A value is one key; several change by one script.
//!
//! Needs Redis 5 or later, or what speaks like it. All keys of a topology have its name as their hash tag, and so are
//! in one slot of a cluster, on one of its nodes:
//!
//! | key | what |
//! |---|---|
//! | `{shop}:state:users:ada` | an etag of 36 characters, then the value |
//! | `{shop}:index:users` | the keys of the collection, in their order |
//! | `{shop}:ends:users` | those that go away by themselves, by when, in ms of the server's clock |

mod address;
pub(crate) mod advice;
mod connect;
mod connection;
mod settings;
mod supervisor;

use std::borrow::Cow;
use std::io::Write;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use pontoon_schema::capability::{self, Adapter};
use redis::{RedisWrite, Script, ScriptInvocation, ToRedisArgs, cmd};
use serde::de::Error as _;

use crate::environment::{Setup, StateStore};
use crate::health::Health;
use crate::maybe_ready::MaybeReady;
use crate::message::id::Id;
use crate::store::{Change, Entry, Etag, Expect, Page, Range, StateAdapter, StoreError};

pub(crate) use address::Address;
pub(crate) use connection::Connection;
pub use settings::Redis;

/// The length of an etag: an identifier as text.
const ETAG: usize = 36;
/// How many bytes of values are enough for a page: a longer one would keep everybody else waiting.
const ENOUGH: usize = 1 << 20;
/// A time too long for the clock is for ever; in milliseconds.
const FOREVER: u128 = 1 << 50;

static COMMIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/commit.lua")));
static LIST: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("redis/list.lua")));

impl StateStore for Redis {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn StateAdapter>>> {
        MaybeReady::boxed(async move {
            let address = self.address(setup).await?;
            Some(Arc::new(RedisState::new(setup.instance.topology, address)) as Arc<dyn StateAdapter>)
        })
    }
}

/// The state adapter over Redis.
///
/// While Redis is away, it connects again by itself; who asks meanwhile waits for up to five seconds, and then gets
/// [`StoreError::Unavailable`]. No answer within five seconds is the same. After it, a change may have been made.
struct RedisState {
    /// What all keys begin with: `{shop}:`.
    prefix: String,
    largest: u64,
    connection: Connection,
}

impl RedisState {
    /// The state of a topology. Nothing is connected yet.
    fn new(topology: &str, address: Address) -> Self {
        let largest = capability::state_store(Adapter::Redis).map_or(u64::MAX, |store| store.largest_value);
        let prefix = format!("{{{topology}}}:");
        // Who is asked for a key of ours has all of them.
        let connection = Connection::new(address, format!("{prefix}state:"));
        Self { prefix, largest, connection }
    }

    // Neither topologies nor collections have a `:` or a brace in their names: no two keys have one name.
    fn value(&self, collection: &str, key: &str) -> String {
        format!("{}state:{collection}:{key}", self.prefix)
    }

    fn index(&self, collection: &str) -> String {
        format!("{}index:{collection}", self.prefix)
    }

    fn ends(&self, collection: &str) -> String {
        format!("{}ends:{collection}", self.prefix)
    }

    async fn read(&self, collection: &str, key: &str) -> Result<Option<Entry>, StoreError> {
        let mut get = cmd("GET");
        get.arg(self.value(collection, key));
        let get = &get;
        let found: Option<Vec<u8>> =
            self.connection.read(|mut commands| async move { get.query_async(&mut commands).await }).await?;
        found.map(|found| entry(&found)).transpose()
    }

    async fn page(&self, collection: &str, range: Range) -> Result<Page<Entry>, StoreError> {
        let Range { prefix, after, limit } = range;
        let from = match after {
            Some(after) if after >= prefix => format!("({after}"),
            _ => format!("[{prefix}"),
        };
        // No UTF-8 has this byte: it comes after everything that a key can go on with.
        let to = [b"(", prefix.as_bytes(), b"\xff"].concat();
        let mut list = LIST.prepare_invoke();
        list.key(self.index(collection)).key(self.ends(collection));
        list.arg(self.value(collection, "")).arg(from).arg(to).arg(limit).arg(ENOUGH);
        let list = &list;
        let (next, found): (Option<String>, Vec<(String, Vec<u8>)>) =
            self.connection.read(|mut commands| async move { list.invoke_async(&mut commands).await }).await?;
        let entries = found.into_iter().map(|(key, value)| Ok((key, entry(&value)?)));
        Ok(Page { entries: entries.collect::<Result<_, StoreError>>()?, next })
    }

    async fn change(&self, changes: Vec<Change>) -> Result<(), StoreError> {
        if changes.is_empty() {
            return self.connection.open();
        }
        for change in &changes {
            change.fits(self.largest)?;
        }
        let etag = Id::random().to_string();
        let mut commit = COMMIT.prepare_invoke();
        for change in &changes {
            self.add(&mut commit, change, &etag);
        }
        let commit = &commit;
        let met: usize =
            self.connection.write(|mut commands| async move { commit.invoke_async(&mut commands).await }).await?;
        match met.checked_sub(1).and_then(|index| changes.get(index)) {
            Some(change) => Err(change.conflict()),
            None => Ok(()),
        }
    }

    fn add(&self, commit: &mut ScriptInvocation<'_>, change: &Change, etag: &str) {
        let Change { collection, key, expect, put } = change;
        commit.key(self.value(collection, key)).key(self.index(collection)).key(self.ends(collection));
        let expected = match expect {
            Expect::Anything => Cow::Borrowed("*"),
            Expect::Absent => Cow::Borrowed("-"),
            Expect::Version(etag) => Cow::Owned(format!("={}", etag.as_str())),
        };
        commit.arg(key).arg(&*expected);
        // What is kept for no time is gone at once.
        match put.as_ref().filter(|(_, ttl)| ttl.is_none_or(|ttl| !ttl.is_zero())) {
            Some((value, ttl)) => commit.arg(Stamped { etag, value }).arg(milliseconds(*ttl)),
            None => commit.arg("").arg(""),
        };
    }
}

/// How long a value is kept, in milliseconds, or nothing for ever. No value goes away before its time.
fn milliseconds(ttl: Option<Duration>) -> String {
    let whole = ttl.map(|ttl| ttl.as_nanos().div_ceil(1_000_000)).filter(|ms| *ms < FOREVER);
    whole.map(|ms| ms.to_string()).unwrap_or_default()
}

/// A value of the state, with its etag before it.
struct Stamped<'v> {
    etag: &'v str,
    value: &'v [u8],
}

impl ToRedisArgs for Stamped<'_> {
    fn write_redis_args<W: RedisWrite + ?Sized>(&self, out: &mut W) {
        let mut out = out.writer_for_next_arg();
        // It goes to memory: there is nothing that could fail.
        let _ = out.write_all(self.etag.as_bytes()).and_then(|()| out.write_all(self.value));
    }
}

fn entry(kept: &[u8]) -> Result<Entry, StoreError> {
    let etag = kept.get(..ETAG).and_then(|etag| std::str::from_utf8(etag).ok());
    let etag = etag.ok_or_else(|| StoreError::Malformed(serde_json::Error::custom("there is no etag before it")))?;
    Ok(Entry { value: Arc::from(&kept[ETAG..]), etag: Etag::new(etag) })
}

impl StateAdapter for RedisState {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        MaybeReady::boxed(self.read(collection, key))
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        MaybeReady::boxed(self.page(collection, range))
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::boxed(self.change(changes))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::boxed(async {
            self.connection.connect().await?;
            advice::give(&self.connection).await;
            Ok(())
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.connection.close())
    }

    fn health(&self) -> Health {
        self.connection.health()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_goes_away_before_its_time() {
        assert_eq!(milliseconds(None), "");
        assert_eq!(milliseconds(Some(Duration::from_nanos(1))), "1");
        assert_eq!(milliseconds(Some(Duration::from_micros(1500))), "2");
        assert_eq!(milliseconds(Some(Duration::MAX)), "", "for ever");
    }

    #[test]
    fn a_value_comes_after_its_etag() {
        let etag = Id::random().to_string();
        let kept = Stamped { etag: &etag, value: b"{}" }.to_redis_args().concat();
        let entry = entry(&kept).unwrap();
        assert_eq!((entry.etag.as_str(), &*entry.value), (&*etag, &b"{}"[..]));
        assert!(matches!(super::entry(b"somebody else's"), Err(StoreError::Malformed(_))));
    }
}
