//! Listing by prefix, page by page.

use std::time::Duration;

use pontoon::adapter::{Change, Range, StateAdapter};

use super::harness::{Harness, USERS, all, commit, delete, get, keys, set, set_for, until};

async fn set_all(store: &dyn StateAdapter, keys: impl IntoIterator<Item = String>) {
    let mut changes: Vec<Change> = keys.into_iter().map(|key| set(&*key, &*key)).collect();
    while !changes.is_empty() {
        let rest = changes.split_off(changes.len().min(200));
        store.commit(changes).await.unwrap();
        changes = rest;
    }
}

pub async fn keys_are_listed_by_prefix_and_page(harness: &impl Harness) {
    let store = harness.connected().await;
    set_all(&*store, ["b/3", "a/1", "b/1", "b/2", "b", "b/", "bc", "c/1"].map(str::to_owned)).await;
    assert_eq!(keys(&*store, "b/", 2).await, ["b/", "b/1", "b/2", "b/3"]);
    assert_eq!(keys(&*store, "b", 4).await, ["b", "b/", "b/1", "b/2", "b/3", "bc"], "a prefix of prefixes");
    assert_eq!(keys(&*store, "", 3).await.len(), 8);
    assert_eq!(keys(&*store, "c/1", 3).await, ["c/1"], "a key is its own prefix");
    assert!(keys(&*store, "d", 10).await.is_empty());
    commit(&*store, [delete("b/2")]).await.unwrap();
    assert_eq!(keys(&*store, "b/", 2).await, ["b/", "b/1", "b/3"]);

    let page = |prefix: &str, after: &str, limit| {
        let range = Range { prefix: prefix.into(), after: Some(after.into()), limit };
        let listed = store.list(USERS, range);
        async move { listed.await.unwrap() }
    };
    let all_after_b = page("", "b", 10).await;
    assert_eq!(all_after_b.entries[0].0, "b/");
    assert_eq!((all_after_b.entries.len(), all_after_b.next), (5, None));
    assert_eq!(page("b/", "a", 10).await.entries.len(), 3, "after what comes before them all");
    assert_eq!(page("b/", "b/0", 1).await.entries[0].0, "b/1", "after what is not there");
    assert!(page("b/", "z", 10).await.entries.is_empty(), "after what comes after them all");
    let full = page("b/", "b/", 2).await;
    assert_eq!((full.entries.len(), full.next), (2, None), "nothing follows a page that is just full");
    let first = &page("b/", "a", 1).await;
    assert_eq!((&*first.entries[0].0, first.next.as_deref()), ("b/", Some("b/")));
    assert_eq!(&*first.entries[0].1.value, b"b/", "with its value");
}

pub async fn keys_may_have_any_characters(harness: &impl Harness) {
    let store = harness.connected().await;
    let odd = [
        "",
        " ",
        "\0",
        "\n",
        "\r\n",
        "*",
        "?",
        "[a-z]",
        "{shop}",
        "a:b",
        ":",
        "\"",
        "'",
        "\\",
        "%00",
        "(",
        "[",
        "+",
        "-",
        "ä",
        "é",
        "e\u{301}",
        "日本",
        "\u{7f}",
        "\u{80}",
        "\u{7ff}",
        "\u{ffff}",
        "\u{10ffff}",
        "🦀",
        "a\0b",
        "a",
        "ab",
    ];
    set_all(&*store, odd.map(str::to_owned)).await;
    let mut sorted = odd.map(str::to_owned).to_vec();
    sorted.sort();
    for limit in [1, 3, 100] {
        assert_eq!(keys(&*store, "", limit).await, sorted);
    }
    for key in odd {
        assert_eq!(get(&*store, key).await.as_deref(), Some(key.as_bytes()), "{key:?}");
        let below: Vec<_> = sorted.iter().filter(|other| other.starts_with(key)).cloned().collect();
        assert_eq!(keys(&*store, key, 2).await, below, "{key:?}");
        commit(&*store, [delete(key)]).await.unwrap();
        sorted.retain(|other| other != key);
    }
    assert!(keys(&*store, "", 10).await.is_empty());
}

pub async fn thousands_of_keys_are_listed_once_each(harness: &impl Harness) {
    let store = harness.connected().await;
    let mut expected: Vec<String> = (0..2500).map(|number| format!("key/{number}")).collect();
    set_all(&*store, expected.iter().cloned()).await;
    set_all(&*store, (0..300).map(|number| format!("other/{number}"))).await;
    expected.sort();
    for limit in [1, 127, 128, 129, 1000, 100_000] {
        assert_eq!(keys(&*store, "key/", limit).await, expected, "pages of {limit}");
    }
    let found = all(&*store, USERS, "key/24", 50).await;
    assert_eq!(found.len(), 111);
    assert!(found.iter().all(|(key, value)| key.as_bytes() == value), "with its value");
}

/// However many there were: no page ends before those that are still there.
pub async fn what_has_gone_away_is_not_listed(harness: &impl Harness) {
    let store = harness.connected().await;
    let brief = Duration::from_millis(500);
    let mut going: Vec<Change> = (0..3000).map(|number| set_for(format!("key/{number:04}"), "x", brief)).collect();
    while !going.is_empty() {
        let rest = going.split_off(going.len().min(200));
        store.commit(going).await.unwrap();
        going = rest;
    }
    let staying = ["key/0000", "key/1500", "key/1501", "key/2999", "later"].map(str::to_owned);
    set_all(&*store, staying.clone()).await;
    until("the last one goes away", || async { get(&*store, "key/2998").await.is_none() }).await;
    for limit in [1, 2, 4, 5, 10, 1000] {
        assert_eq!(keys(&*store, "", limit).await, staying, "pages of {limit}");
    }
    set_all(&*store, ["key/0001".to_owned()]).await;
    assert_eq!(keys(&*store, "key/0", 10).await, ["key/0000", "key/0001"], "what is set again is there again");
}

/// More than fits on a page of a moderate size: all of it comes.
pub async fn large_values_are_listed(harness: &impl Harness) {
    let store = harness.connected().await;
    let value = vec![b'v'; 400 << 10];
    for number in 0..20 {
        commit(&*store, [set(format!("{number:02}"), &value)]).await.unwrap();
    }
    let found = all(&*store, USERS, "", 100).await;
    assert_eq!(found.len(), 20);
    assert!(found.iter().all(|(_, found)| *found == value));
}
