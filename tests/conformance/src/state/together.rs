//! Several changes that take effect together, or not at all.

use std::fmt::Debug;
use std::sync::Arc;

use futures_util::future::join_all;
use pontoon::Started;
use pontoon::adapter::Etag;
use pontoon::adapter::{Change, StateAdapter};

use super::harness::{Harness, commit, delete, entry, get, insert, is_conflict, keys, replace, set};
use super::inbox::unit::{Add, AddTogether, Lab, Runs, Sums, start};

pub async fn several_changes_are_made_together_or_not_at_all(harness: &impl Harness) {
    let store = harness.connected().await;
    let elsewhere = |value: &str| Change { collection: "orders", ..set("7", value) };
    commit(&*store, [set("ada", "1"), set("bob", "1"), elsewhere("1")]).await.unwrap();
    let halves = [
        [set("ada", "2"), elsewhere("2"), insert("bob", "2")],
        [insert("bob", "2"), set("ada", "2"), elsewhere("2")],
        [delete("ada"), elsewhere("2"), replace("bob", "2", &Etag::new("?"))],
        [insert("new", "2"), elsewhere("2"), insert("ada", "2")],
    ];
    for half in halves {
        assert!(is_conflict(&commit(&*store, half).await));
    }
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(get(&*store, "bob").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(get(&*store, "new").await, None);
    assert_eq!(&*store.get("orders", "7").await.unwrap().unwrap().value, b"1");
    assert_eq!(keys(&*store, "", 10).await, ["ada", "bob"]);

    let version = entry(&*store, "ada").await.unwrap().etag;
    commit(&*store, [replace("ada", "3", &version), delete("bob"), insert("new", "3"), elsewhere("3")]).await.unwrap();
    assert_eq!(keys(&*store, "", 10).await, ["ada", "new"]);
    assert_eq!(&*store.get("orders", "7").await.unwrap().unwrap().value, b"3");

    let many = (0..1000).map(|number| set(format!("many/{number:03}"), "x")).collect();
    store.commit(many).await.unwrap();
    assert_eq!(keys(&*store, "many/", 1000).await.len(), 1000);
}

/// What each of them expects is what was there before any of them.
pub async fn of_several_changes_of_one_key_the_last_counts(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [insert("ada", "1"), set("ada", "2")]).await.unwrap();
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"2"[..]));
    assert!(is_conflict(&commit(&*store, [delete("ada"), insert("ada", "3")]).await));
    commit(&*store, [set("ada", "3"), delete("ada")]).await.unwrap();
    assert_eq!(get(&*store, "ada").await, None);
    assert!(keys(&*store, "", 10).await.is_empty());
}

/// Many move amounts between two accounts, each with a version of both that they have read. Nothing appears, nothing is
/// lost.
pub async fn changes_that_race_add_up(harness: &impl Harness) {
    const EACH: u32 = 20;
    let stores = [harness.connected().await, harness.connected().await];
    commit(&*stores[0], [set("a", "1000"), set("b", "1000")]).await.unwrap();
    let movers = (0..8).map(|mover| {
        let store = Arc::clone(&stores[mover % stores.len()]);
        tokio::spawn(async move {
            let mut moved = 0;
            while moved < EACH {
                moved += u32::from(one_more(&*store).await);
            }
        })
    });
    for mover in join_all(movers).await {
        mover.unwrap();
    }
    let end = |key| amount(&*stores[1], key);
    assert_eq!((end("a").await.0, end("b").await.0), (1000 - 8 * EACH, 1000 + 8 * EACH));
}

pub async fn updates_that_race_add_up(harness: &impl Harness) {
    racing(harness, async |unit| unit.client().invoke(Add, 1).await).await;
}

pub async fn updates_that_race_add_up_with_an_outbox(harness: &impl Harness) {
    racing(harness, async |unit| unit.client().invoke(AddTogether, 1).await).await;
}

/// Adds one in two instances, in many runs at a time. Each is answered with a sum of its own.
async fn racing<R>(harness: &impl Harness, add: impl AsyncFn(&Started<Lab>) -> Result<u64, R>)
where
    R: Debug,
{
    const RUNS: u64 = 16;
    const EACH: u64 = 10;
    let units = [harness.connected().await, harness.connected().await];
    let runs = Runs::new(0);
    let units = join_all(units.map(|store| start(store, &runs))).await;
    let runs = (0..RUNS).map(async |run| {
        let mut sums = Vec::new();
        for _ in 0..EACH {
            sums.push(add(&units[run as usize % units.len()]).await.expect("a sum"));
        }
        sums
    });
    let mut sums = join_all(runs).await.concat();
    sums.sort_unstable();
    assert!(sums.iter().copied().eq(1..=RUNS * EACH), "{sums:?}");
    let sum = units[0].state(Sums).get("sum").await.expect("the store is there");
    assert_eq!(sum, Some(RUNS * EACH));
    for unit in units {
        unit.shutdown().await.expect("it ends");
    }
}

/// Moves one from `a` to `b`, unless somebody else was quicker.
async fn one_more(store: &dyn StateAdapter) -> bool {
    let ((a, a_version), (b, b_version)) = (amount(store, "a").await, amount(store, "b").await);
    let less = replace("a", (a - 1).to_string(), &a_version);
    let more = replace("b", (b + 1).to_string(), &b_version);
    let ended = commit(store, [less, more]).await;
    assert!(ended.is_ok() || is_conflict(&ended), "{ended:?}");
    ended.is_ok()
}

async fn amount(store: &dyn StateAdapter, key: &str) -> (u32, Etag) {
    let entry = entry(store, key).await.unwrap();
    (std::str::from_utf8(&entry.value).unwrap().parse().unwrap(), entry.etag)
}
