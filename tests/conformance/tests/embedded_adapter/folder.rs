//! One folder: one process, one database for all its ports, one format.

use std::sync::Arc;

use pontoon::adapter::embedded::{EmbeddedEvents, EmbeddedQueues, EmbeddedState};
use pontoon::adapter::{Change, EventAdapter, Expect, QueueAdapter, QueuePolicy, StateAdapter};
use pontoon::{BridgeError, StoreError};
use pontoon_conformance::adapter::soon;
use pontoon_conformance::keeper::Keeper;
use tokio::task::block_in_place;

use super::{QUEUE, job, open};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_second_process_is_told_that_the_folder_is_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let keeper = block_in_place(|| Keeper::start(env!("CARGO_BIN_EXE_keeper"), folder.path()));
    let path = folder.path().canonicalize().unwrap().display().to_string();
    let says = |text: String| {
        assert!(text.contains("another process") && text.contains(&path) && text.contains("stop it first"), "{text}");
    };
    match soon(EmbeddedQueues::new(folder.path()).connect()).await {
        Err(BridgeError::Mismatch(text)) => says(text),
        other => panic!("{other:?}"),
    }
    match soon(EmbeddedState::new(folder.path()).connect()).await {
        Err(StoreError::Misconfigured(text)) => says(text),
        other => panic!("{other:?}"),
    }
    block_in_place(|| keeper.kill());
    soon(EmbeddedQueues::new(folder.path()).connect()).await.expect("it is free again");
}

#[tokio::test]
async fn ports_that_name_one_folder_share_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("data")).unwrap();
    let (one, other) = (folder.path().join("data"), folder.path().join("data/../data"));
    let (events, queues, state) = (EmbeddedEvents::new(&one), EmbeddedQueues::new(&other), EmbeddedState::new(&one));
    let again = EmbeddedQueues::new(&one);
    let (pushed, taken) = (queues.queue(QUEUE, QueuePolicy::new()), again.queue(QUEUE, QueuePolicy::new()));
    soon(state.connect()).await.unwrap();
    soon(events.connect()).await.unwrap();
    soon(queues.connect()).await.unwrap();
    soon(again.connect()).await.unwrap();
    soon(pushed.push(job(7))).await.unwrap();
    assert_eq!(soon(taken.next()).await.unwrap().message.decode::<u32>().unwrap(), 7);
    // What the one port has goes to the others when it is closed.
    soon(again.close()).await;
    assert_eq!(soon(pushed.next()).await.unwrap().attempt, 2);
    assert!(soon(taken.next()).await.is_none());
}

#[tokio::test]
async fn another_format_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    open(folder.path(), QueuePolicy::new()).await.close().await;
    // The version of the format, as SQLite has it in its header.
    let file = folder.path().join("pontoon.db");
    let mut connected = soon(EmbeddedQueues::new(folder.path()).connect()).await;
    connected.expect("it is known");
    for (version, place) in [(2_u8, 63), (9, 63)] {
        let mut bytes = until_closed(&file);
        bytes[place] = version;
        std::fs::write(&file, &bytes).unwrap();
        connected = soon(EmbeddedQueues::new(folder.path()).connect()).await;
        match connected {
            Err(BridgeError::Mismatch(text)) => {
                let format = format!("has format {version}, and this version of Pontoon reads format 1");
                assert!(text.contains(&format) && text.contains("another folder"), "{text}");
            }
            other => panic!("{other:?}"),
        }
    }
}

/// The bytes of a database that nobody has open any more: its log is part of it then.
fn until_closed(file: &std::path::Path) -> Vec<u8> {
    let log = file.with_extension("db-wal");
    while log.exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    std::fs::read(file).unwrap()
}

#[tokio::test]
async fn a_file_of_others_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pontoon.db");
    std::fs::write(&file, "not a database at all, and long enough to be looked at".repeat(100)).unwrap();
    let before = std::fs::read(&file).unwrap();
    let refused = soon(EmbeddedState::new(folder.path()).connect()).await;
    assert!(matches!(refused, Err(StoreError::Misconfigured(_))), "{refused:?}");
    assert_eq!(std::fs::read(&file).unwrap(), before);
    // Nor is a folder that cannot be one.
    let refused = soon(EmbeddedState::new(file.join("data")).connect()).await;
    assert!(matches!(refused, Err(StoreError::Misconfigured(_))), "{refused:?}");
}

#[tokio::test]
async fn a_folder_can_be_opened_again_and_again() {
    let folder = tempfile::tempdir().unwrap();
    let mut versions = std::collections::BTreeSet::new();
    for round in 0..20 {
        let state = Arc::new(EmbeddedState::new(folder.path()));
        soon(state.connect()).await.unwrap();
        let put = Some((format!("{round}").into_bytes().into(), None));
        let change = Change { collection: "users", key: "ada".to_owned(), expect: Expect::Anything, put };
        soon(state.commit(vec![change])).await.unwrap();
        let entry = soon(state.get("users", "ada")).await.unwrap().unwrap();
        assert!(versions.insert(entry.etag.as_str().to_owned()), "a version is never used again");
        soon(state.close()).await;
    }
}
