//! The state store in memory: the state suite of the conformance cases.

use std::sync::Arc;
use std::time::Duration;

use pontoon::StoreError;
use pontoon::adapter::Etag;
use pontoon::adapter::in_memory::InMemoryState;
use pontoon::adapter::{Change, Expect, Range, StateAdapter};
use pontoon::testing::Stub;

use crate::contract::{User, UserId, state};

fn user(email: &str) -> User {
    User { email: email.into() }
}

fn is_conflict<T>(ended: &Result<T, StoreError>) -> bool {
    matches!(ended, Err(StoreError::Conflict { .. }))
}

#[tokio::test(start_paused = true)]
async fn set_get_delete() {
    let stub = Stub::new();
    let users = stub.state(state::Users);
    assert_eq!(users.get("ada").await.unwrap(), None);
    users.set("ada", &user("a")).await.unwrap();
    users.set(&UserId("ada".into()), &user("b")).await.unwrap();
    assert_eq!(users.get("ada").await.unwrap(), Some(user("b")), "a key is the text that it serializes as");
    users.delete("ada").await.unwrap();
    users.delete("ada").await.unwrap();
    assert_eq!(users.get("ada").await.unwrap(), None);
    assert!(matches!(users.get(&user("a")).await, Err(StoreError::InvalidKey)));
}

#[tokio::test(start_paused = true)]
async fn a_value_goes_away_after_its_time() {
    let stub = Stub::new();
    let counters = stub.state(state::Counters);
    counters.set(&1, &1).await.unwrap();
    counters.set_for(&2, &2, Duration::from_secs(10)).await.unwrap();
    counters.set_for(&3, &3, Duration::from_secs(10)).await.unwrap();
    counters.set_for(&3, &3, Duration::from_secs(20)).await.unwrap();
    tokio::time::advance(Duration::from_secs(11)).await;
    let keys = counters.list("", None, 10).await.unwrap().entries.into_iter().map(|(key, _)| key);
    assert_eq!(keys.collect::<Vec<_>>(), ["1", "3"], "a later write has its own time");
    tokio::time::advance(Duration::from_secs(24 * 3600)).await;
    assert_eq!(counters.get(&1).await.unwrap(), None, "the collection's own time");
}

#[tokio::test]
async fn of_32_that_race_exactly_one_writes_first() {
    let store = Arc::new(InMemoryState::new());
    let race = |_| {
        let store = Arc::clone(&store);
        let put = Some((Arc::from(&b"1"[..]), None));
        let change = Change { collection: "users", key: "ada".into(), expect: Expect::Absent, put };
        tokio::spawn(async move { store.commit(vec![change]).await.is_ok() })
    };
    let mut won = 0;
    for racer in (0..32).map(race).collect::<Vec<_>>() {
        won += usize::from(racer.await.unwrap());
    }
    assert_eq!(won, 1);
}

#[tokio::test(start_paused = true)]
async fn a_version_that_has_changed_is_not_replaced() {
    let stub = Stub::new();
    let users = stub.state(state::Users);
    users.insert("ada", &user("a")).await.unwrap();
    assert!(is_conflict(&users.insert("ada", &user("b")).await));
    let read = users.versioned("ada").await.unwrap().unwrap();
    users.replace("ada", &user("b"), &read.etag).await.unwrap();
    assert!(is_conflict(&users.replace("ada", &user("c"), &read.etag).await));
    assert!(is_conflict(&users.batch().delete_version("ada", &read.etag).commit().await));
    let now = users.versioned("ada").await.unwrap().unwrap();
    assert_eq!(now.value, user("b"));
    users.batch().delete_version("ada", &now.etag).commit().await.unwrap();
    assert!(is_conflict(&users.replace("ada", &user("c"), &now.etag).await));
}

#[tokio::test(start_paused = true)]
async fn several_changes_are_made_together_or_not_at_all() {
    let stub = Stub::new();
    let users = stub.state(state::Users);
    users.batch().set("a", &user("a")).set("b", &user("b")).commit().await.unwrap();
    let half = users.batch().set("a", &user("x")).delete("b").insert("a", &user("y"));
    assert!(is_conflict(&half.commit().await));
    assert!(is_conflict(&users.batch().delete("a").replace("b", &user("x"), &Etag::new("?")).commit().await));
    assert_eq!(users.get("a").await.unwrap(), Some(user("a")));
    assert_eq!(users.get("b").await.unwrap(), Some(user("b")));
    let wrong = users.batch().set("c", &user("c")).set(&user("no key"), &user("d"));
    assert!(matches!(wrong.commit().await, Err(StoreError::InvalidKey)));
    assert_eq!(users.get("c").await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn keys_are_listed_by_prefix_and_page() {
    let stub = Stub::new();
    let counters = stub.state(state::Counters);
    for key in ["b/3", "a/1", "b/1", "b/2", "b", "c/1"] {
        counters.set(key, &1).await.unwrap();
    }
    let mut after = None;
    let mut pages = Vec::new();
    loop {
        let page = counters.list("b/", after.as_deref(), 2).await.unwrap();
        pages.push(page.entries.into_iter().map(|(key, _)| key).collect::<Vec<_>>());
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    assert_eq!(pages, [vec!["b/1", "b/2"], vec!["b/3"]]);
    assert!(counters.list("d", None, 10).await.unwrap().entries.is_empty());
    assert_eq!(counters.list("", Some("b"), 100).await.unwrap().entries.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_closed_store_is_an_error() {
    let store = InMemoryState::new();
    store.close().await;
    store.close().await;
    assert!(matches!(store.get("users", "ada").await, Err(StoreError::Closed)));
    assert!(matches!(store.list("users", Range::default()).await, Err(StoreError::Closed)));
    assert!(matches!(store.commit(Vec::new()).await, Err(StoreError::Closed)));
}
