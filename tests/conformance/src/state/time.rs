//! Values that go away by themselves. The clock is the store's own, so the cases wait for something to be gone.

use std::time::Duration;

use super::harness::{Harness, commit, entry, get, insert, is_conflict, keys, replace, set, set_for, until};
use pontoon::adapter::StateAdapter;

const SHORT: Duration = Duration::from_millis(200);
const LONG: Duration = Duration::from_secs(3600);

async fn gone(store: &dyn StateAdapter, key: &str) {
    until("the value goes away", || async { get(store, key).await.is_none() }).await;
}

/// Waits until a value is gone whose time began after whatever was set before, and was longer.
async fn time_passes(store: &dyn StateAdapter) {
    commit(store, [set_for("witness", "w", 2 * SHORT)]).await.unwrap();
    gone(store, "witness").await;
}

pub async fn a_value_goes_away_after_its_time(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set_for("short", "s", SHORT), set_for("long", "l", LONG), set("ever", "e")]).await.unwrap();
    gone(&*store, "short").await;
    assert_eq!(get(&*store, "long").await.as_deref(), Some(&b"l"[..]));
    assert_eq!(get(&*store, "ever").await.as_deref(), Some(&b"e"[..]));
    assert_eq!(keys(&*store, "", 10).await, ["ever", "long"]);
}

pub async fn a_set_without_a_time_removes_an_earlier_one(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set_for("ada", "1", SHORT), set_for("bob", "1", SHORT)]).await.unwrap();
    let bob = entry(&*store, "bob").await.unwrap().etag;
    commit(&*store, [set("ada", "2"), replace("bob", "2", &bob)]).await.unwrap();
    time_passes(&*store).await;
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"2"[..]));
    assert_eq!(get(&*store, "bob").await.as_deref(), Some(&b"2"[..]));
    assert_eq!(keys(&*store, "", 10).await, ["ada", "bob"]);
}

pub async fn a_later_set_has_its_own_time(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set_for("longer", "1", SHORT), set_for("shorter", "1", LONG)]).await.unwrap();
    commit(&*store, [set_for("longer", "2", LONG), set_for("shorter", "2", SHORT)]).await.unwrap();
    time_passes(&*store).await;
    gone(&*store, "shorter").await;
    assert_eq!(get(&*store, "longer").await.as_deref(), Some(&b"2"[..]));
    assert_eq!(keys(&*store, "", 10).await, ["longer"]);
}

pub async fn a_time_of_nothing_and_a_time_beyond_the_clock(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set("ada", "1"), set_for("ada", "2", Duration::ZERO)]).await.unwrap();
    assert_eq!(get(&*store, "ada").await, None);
    commit(&*store, [set_for("bob", "1", Duration::MAX), set_for("eve", "1", Duration::from_nanos(1))]).await.unwrap();
    gone(&*store, "eve").await;
    assert_eq!(get(&*store, "bob").await.as_deref(), Some(&b"1"[..]));
    assert_eq!(keys(&*store, "", 10).await, ["bob"]);
}

pub async fn what_has_gone_away_is_absent(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set_for("ada", "1", SHORT)]).await.unwrap();
    let old = entry(&*store, "ada").await.unwrap().etag;
    gone(&*store, "ada").await;
    assert!(is_conflict(&commit(&*store, [replace("ada", "2", &old)]).await));
    commit(&*store, [insert("ada", "3")]).await.unwrap();
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"3"[..]));
}
