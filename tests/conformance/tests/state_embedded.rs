//! The state store on the local disk, in a process of its own, which is killed.

#![allow(clippy::panic, clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::process::Command;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use pontoon::adapter::{Change, Entry, Etag, MaybeReady, Page, Range, StateAdapter};
use pontoon::{Health, StoreError};
use pontoon_conformance::backend::Backend;
use pontoon_conformance::keeper::{Answer, Keeper, Question, WrittenChange};
use pontoon_conformance::state::Harness;
use pontoon_conformance::state_suite;
use pontoon_schema::capability::{Adapter, StateStore, state_store};
use tempfile::TempDir;
use tokio::task::block_in_place;

/// The process that keeps the state.
struct KeptState {
    folder: TempDir,
    keeper: Arc<Mutex<Option<Arc<Keeper>>>>,
}

async fn start() -> KeptState {
    let kept = KeptState { folder: tempfile::tempdir().unwrap(), keeper: Arc::default() };
    kept.restart().await;
    kept
}

impl KeptState {
    fn signal(&self, name: &str) {
        let id = self.keeper.lock().unwrap().as_ref().unwrap().id();
        let sent = Command::new("kill").args(["-s", name, &id.to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "SIG{name} is sent");
    }
}

impl Backend for KeptState {
    async fn kill(&self) {
        let killed = self.keeper.lock().unwrap().take();
        block_in_place(|| killed.as_ref().unwrap().kill());
    }

    async fn restart(&self) {
        let started = block_in_place(|| Keeper::start(env!("CARGO_BIN_EXE_keeper"), self.folder.path()));
        *self.keeper.lock().unwrap() = Some(Arc::new(started));
    }

    async fn freeze(&self) {
        self.signal("STOP");
    }

    async fn thaw(&self) {
        self.signal("CONT");
    }
}

impl Harness for KeptState {
    fn row(&self) -> &'static StateStore {
        state_store(Adapter::Embedded).unwrap()
    }

    fn adapter(&self) -> Arc<dyn StateAdapter> {
        Arc::new(ThroughKeeper { keeper: Arc::clone(&self.keeper), closed: Mutex::new(false) })
    }
}

/// The adapter of whatever process keeps the state now.
struct ThroughKeeper {
    keeper: Arc<Mutex<Option<Arc<Keeper>>>>,
    closed: Mutex<bool>,
}

impl ThroughKeeper {
    async fn ask(&self, question: Question) -> Result<Answer, StoreError> {
        if *self.closed.lock().unwrap() {
            return Err(StoreError::Closed);
        }
        let away = || StoreError::Unavailable("the process is gone".into());
        let keeper = self.keeper.lock().unwrap().clone();
        match keeper.ok_or_else(away)?.ask(question).await {
            Some(Answer::Conflict(collection, key)) => Err(StoreError::Conflict { collection, key }),
            Some(Answer::TooLarge(collection, key, size, limit)) => {
                Err(StoreError::TooLarge { collection, key, size, limit })
            }
            Some(Answer::Failed(error)) => Err(StoreError::Unavailable(error.into())),
            Some(answer) => Ok(answer),
            None => {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                Err(away())
            }
        }
    }
}

fn entry(value: &str, etag: String) -> Entry {
    Entry { value: BASE64_STANDARD.decode(value).unwrap().into(), etag: Etag::new(etag) }
}

impl StateAdapter for ThroughKeeper {
    fn get<'a>(&'a self, collection: &'a str, key: &'a str) -> MaybeReady<'a, Result<Option<Entry>, StoreError>> {
        MaybeReady::boxed(async move {
            let question = Question::Get { collection: collection.to_owned(), key: key.to_owned() };
            match self.ask(question).await? {
                Answer::Entry(found) => Ok(found.map(|(value, etag)| entry(&value, etag))),
                other => panic!("{other:?}"),
            }
        })
    }

    fn list<'a>(&'a self, collection: &'a str, range: Range) -> MaybeReady<'a, Result<Page<Entry>, StoreError>> {
        MaybeReady::boxed(async move {
            let Range { prefix, after, limit } = range;
            match self.ask(Question::List { collection: collection.to_owned(), prefix, after, limit }).await? {
                Answer::Page(found, next) => {
                    let entries = found.into_iter().map(|(key, value, etag)| (key, entry(&value, etag))).collect();
                    Ok(Page { entries, next })
                }
                other => panic!("{other:?}"),
            }
        })
    }

    fn commit(&self, changes: Vec<Change>) -> MaybeReady<'_, Result<(), StoreError>> {
        MaybeReady::boxed(async move {
            let written = changes.iter().map(WrittenChange::of).collect();
            self.ask(Question::Commit(written)).await.map(drop)
        })
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), StoreError>> {
        let closed = *self.closed.lock().unwrap();
        MaybeReady::ready(if closed { Err(StoreError::Closed) } else { Ok(()) })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        *self.closed.lock().unwrap() = true;
        MaybeReady::ready(())
    }

    fn health(&self) -> Health {
        Health::Ready
    }
}

state_suite!(start);
