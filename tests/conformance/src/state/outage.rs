//! A store that goes away and comes back, and one that is closed.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use pontoon::adapter::{Range, StateAdapter};
use pontoon::{Health, StoreError};

use super::harness::{Harness, USERS, commit, entry, get, insert, keys, replace, set, soon, until};

fn is_unavailable<T>(ended: &Result<T, StoreError>) -> bool {
    matches!(ended, Err(StoreError::Unavailable(_)))
}

fn is_closed<T>(ended: &Result<T, StoreError>) -> bool {
    matches!(ended, Err(StoreError::Closed))
}

async fn is_ready(store: &dyn StateAdapter) -> bool {
    store.health() == Health::Ready
}

/// While it is away, everything ends in an error, within a bounded time, and the health says why.
async fn is_away(store: &dyn StateAdapter) {
    let (got, listed, committed) = soon(async {
        tokio::join!(
            store.get(USERS, "ada"),
            store.list(USERS, Range { limit: 10, ..Range::default() }),
            store.commit(vec![set("lost", "x")]),
        )
    })
    .await;
    assert!(is_unavailable(&got), "{got:?}");
    assert!(is_unavailable(&listed), "{listed:?}");
    assert!(is_unavailable(&committed), "{committed:?}");
    until("the health is degraded", || async { !is_ready(store).await }).await;
    assert!(matches!(store.health(), Health::Degraded(reason) if !reason.is_empty()));
}

/// What was answered for is there afterwards, if the row says that it is durable; and the first who asks gets an
/// answer.
pub async fn a_store_that_was_killed_comes_back(harness: &impl Harness) {
    let row = harness.row();
    let store = harness.connected().await;
    for number in 0..100 {
        commit(&*store, [set(format!("{number:02}"), "kept")]).await.unwrap();
    }
    let version = entry(&*store, "07").await.unwrap().etag;
    assert!(is_ready(&*store).await);
    harness.kill().await;
    if row.crosses_processes {
        is_away(&*store).await;
    }
    harness.restart().await;
    // Where the store lives in the process, that process is gone, and so is the adapter.
    let store = if row.crosses_processes { store } else { harness.connected().await };
    let first = commit(&*store, [set("first", "x")]).await;
    first.expect("the first change after it came back");
    assert_eq!(keys(&*store, "", 1000).await.len(), if row.durable { 101 } else { 1 });
    let replaced = commit(&*store, [replace("07", "again", &version)]).await;
    assert_eq!(replaced.is_ok(), row.durable, "a version outlives what keeps it, or neither does");
    assert!(is_ready(&*store).await);

    // Without anybody noticing in between, too.
    harness.kill().await;
    harness.restart().await;
    let store = if row.crosses_processes { store } else { harness.connected().await };
    get(&*store, "07").await;
    soon(store.close()).await;
}

/// Eight write one key after the other; what is unavailable they leave behind. What they were answered for is there,
/// and nothing was done twice, or an insert would have met itself.
pub async fn what_was_answered_for_outlives_a_kill_in_mid_flow(harness: &impl Harness) {
    let row = harness.row();
    let store = harness.connected().await;
    let done = Arc::new(AtomicUsize::new(0));
    let writers = (0..8).map(|writer| {
        let (store, done) = (Arc::clone(&store), Arc::clone(&done));
        tokio::spawn(async move {
            let mut answered = Vec::new();
            for number in 0.. {
                let key = format!("{writer}/{number}");
                match commit(&*store, [insert(&*key, "x")]).await {
                    Ok(()) => answered.push(key),
                    Err(StoreError::Unavailable(_)) => {}
                    Err(error) => panic!("{key}: {error}"),
                }
                if done.fetch_add(1, Ordering::SeqCst) > 6000 {
                    return answered;
                }
            }
            unreachable!()
        })
    });
    let writers: Vec<_> = writers.collect();
    for kill in 1..=3 {
        until("they are in mid-flow", || async { done.load(Ordering::SeqCst) > 1000 * kill }).await;
        harness.kill().await;
        harness.restart().await;
    }
    let answered: Vec<_> = soon(join_all(writers)).await.into_iter().flat_map(Result::unwrap).collect();
    let store = harness.connected().await;
    let there: HashSet<_> = keys(&*store, "", 1000).await.into_iter().collect();
    let lost: Vec<_> = answered.iter().filter(|key| !there.contains(*key)).collect();
    assert_eq!(lost.len(), if row.durable { 0 } else { answered.len() }, "{lost:?}");
}

/// Connections that stay open while nobody answers.
pub async fn a_store_that_is_frozen_comes_back(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set("ada", "1")]).await.unwrap();
    harness.freeze().await;
    if harness.row().crosses_processes {
        is_away(&*store).await;
        is_away(&*store).await;
    }
    harness.thaw().await;
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"1"[..]), "the first who asks");
    commit(&*store, [set("ada", "2")]).await.unwrap();
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"2"[..]));
    assert!(is_ready(&*store).await);
}

/// The process is alive and says that it is not ready; once the store is there, it is.
pub async fn a_store_that_is_absent_is_waited_for(harness: &impl Harness) {
    let crosses = harness.row().crosses_processes;
    harness.kill().await;
    let store = harness.adapter();
    let connecting = tokio::spawn({
        let store = Arc::clone(&store);
        async move { store.connect().await }
    });
    if crosses {
        until("the health says why", || async {
            matches!(store.health(), Health::Degraded(reason) if reason.contains("refused"))
        })
        .await;
        assert!(!connecting.is_finished());
    }
    harness.restart().await;
    soon(connecting).await.unwrap().unwrap();
    assert!(is_ready(&*store).await);
    soon(store.connect()).await.expect("connecting twice is no error");
    commit(&*store, [set("ada", "1")]).await.unwrap();

    // Who stops waiting is not left waiting.
    harness.kill().await;
    if crosses {
        let store = harness.adapter();
        let (connected, ()) = soon(async { tokio::join!(store.connect(), store.close()) }).await;
        assert!(is_closed(&connected), "{connected:?}");
    }
}

pub async fn a_closed_store_is_an_error(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set("ada", "1")]).await.unwrap();
    for _ in 0..2 {
        soon(store.close()).await;
        assert!(is_closed(&soon(store.get(USERS, "ada")).await));
        assert!(is_closed(&soon(store.list(USERS, Range::default())).await));
        assert!(is_closed(&soon(store.commit(vec![set("ada", "2")])).await));
        assert!(is_closed(&soon(store.commit(Vec::new())).await));
    }
    assert!(is_closed(&soon(store.connect()).await), "closed is closed");
}

/// Whatever is under way ends: done, or closed.
pub async fn closing_lets_nobody_hang(harness: &impl Harness) {
    let store = harness.connected().await;
    let busy = (0..16).map(|number| {
        let store = Arc::clone(&store);
        tokio::spawn(async move {
            loop {
                if let Err(error) = commit(&*store, [set(format!("{number}"), "x")]).await {
                    return error;
                }
            }
        })
    });
    let busy: Vec<_> = busy.collect();
    until("they are at work", || async { store.get(USERS, "15").await.unwrap().is_some() }).await;
    soon(store.close()).await;
    for ended in soon(join_all(busy)).await {
        let ended = ended.unwrap();
        assert!(matches!(ended, StoreError::Closed), "{ended:?}");
    }
}
