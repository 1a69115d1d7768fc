//! Versions: who comes first, and who comes too late.

use std::collections::HashSet;
use std::sync::Arc;

use futures_util::future::join_all;
use pontoon::StoreError;
use pontoon::adapter::Etag;

use super::harness::{Harness, commit, delete, delete_version, etag, get, insert, is_conflict, replace, set};

pub async fn of_32_that_race_exactly_one_is_first(harness: &impl Harness) {
    let stores = [harness.connected().await, harness.connected().await, harness.connected().await];
    for round in 0..20 {
        let race = (0..32).map(|racer| {
            let store = Arc::clone(&stores[racer % stores.len()]);
            tokio::spawn(async move { commit(&*store, [insert(format!("{round}"), racer.to_string())]).await })
        });
        let ended: Vec<_> = join_all(race).await.into_iter().map(Result::unwrap).collect();
        let winners: Vec<_> = (0..32).filter(|racer| ended[*racer].is_ok()).collect();
        assert_eq!(winners.len(), 1, "{ended:?}");
        assert_eq!(ended.iter().filter(|ended| is_conflict(ended)).count(), 31, "{ended:?}");
        assert_eq!(get(&*stores[0], &round.to_string()).await, Some(winners[0].to_string().into_bytes()));
    }
}

pub async fn a_version_that_has_changed_is_neither_replaced_nor_deleted(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [insert("ada", "1")]).await.unwrap();
    assert!(is_conflict(&commit(&*store, [insert("ada", "2")]).await));
    let first = etag(&*store, "ada").await;
    assert_eq!(etag(&*store, "ada").await, first, "reading changes nothing");
    commit(&*store, [replace("ada", "2", &first)]).await.unwrap();
    assert!(is_conflict(&commit(&*store, [replace("ada", "3", &first)]).await));
    assert!(is_conflict(&commit(&*store, [delete_version("ada", &first)]).await));
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"2"[..]));
    let second = etag(&*store, "ada").await;
    commit(&*store, [delete_version("ada", &second)]).await.unwrap();
    assert_eq!(get(&*store, "ada").await, None);
    assert!(is_conflict(&commit(&*store, [replace("ada", "3", &second)]).await), "there is nothing to replace");
    assert!(is_conflict(&commit(&*store, [delete_version("ada", &second)]).await), "there is nothing to delete");
    commit(&*store, [insert("ada", "4")]).await.unwrap();
}

/// Also not that of the same value, set again; nor one that nobody has given out.
pub async fn no_two_versions_are_the_same(harness: &impl Harness) {
    let store = harness.connected().await;
    let mut seen = HashSet::new();
    for round in 0..10 {
        commit(&*store, [if round % 2 == 0 { set("ada", "same") } else { delete("ada") }]).await.unwrap();
        if round % 2 == 0 {
            assert!(seen.insert(etag(&*store, "ada").await.as_str().to_owned()));
        }
        commit(&*store, [set("ada", "same")]).await.unwrap();
        assert!(seen.insert(etag(&*store, "ada").await.as_str().to_owned()));
    }
    for nobodys in ["", "*", "-", "=", "0", "held back"] {
        assert!(is_conflict(&commit(&*store, [replace("ada", "1", &Etag::new(nobodys))]).await), "{nobodys:?}");
        assert!(is_conflict(&commit(&*store, [replace("bob", "1", &Etag::new(nobodys))]).await), "{nobodys:?}");
    }
}

pub async fn a_conflict_names_its_key(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set("bob", "1")]).await.unwrap();
    let conflict = commit(&*store, [set("ada", "1"), insert("bob", "2"), set("eve", "1")]).await;
    match conflict {
        Err(StoreError::Conflict { collection, key }) => assert_eq!((&*collection, &*key), ("users", "bob")),
        other => panic!("{other:?}"),
    }
}
