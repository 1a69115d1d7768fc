//! Values: set, got, deleted, missing.

use pontoon::adapter::{Change, Range};

use super::harness::{Harness, all, commit, delete, get, keys, set};

/// Byte for byte, also what is no JSON, and as often as it is set.
pub async fn what_is_set_can_be_got(harness: &impl Harness) {
    let store = harness.connected().await;
    let every_byte: Vec<u8> = (0..=255).collect();
    let large = vec![b'x'; 1 << 20];
    for value in [&b"{\"email\":\"a\"}"[..], b"", b"\0", b"\r\n$3\r\n", &every_byte, &large, b"last"] {
        commit(&*store, [set("ada", value)]).await.unwrap();
        assert_eq!(get(&*store, "ada").await.as_deref(), Some(value));
    }
}

pub async fn what_is_deleted_is_gone(harness: &impl Harness) {
    let store = harness.connected().await;
    commit(&*store, [set("ada", "a"), set("bob", "b")]).await.unwrap();
    for _ in 0..2 {
        commit(&*store, [delete("ada")]).await.expect("deleting what is not there is no error");
        assert_eq!(get(&*store, "ada").await, None);
    }
    assert_eq!(get(&*store, "bob").await.as_deref(), Some(&b"b"[..]));
    commit(&*store, [set("ada", "again")]).await.unwrap();
    assert_eq!(get(&*store, "ada").await.as_deref(), Some(&b"again"[..]));
}

pub async fn what_was_never_set_is_missing(harness: &impl Harness) {
    let store = harness.connected().await;
    assert_eq!(get(&*store, "ada").await, None);
    if harness.row().prefix_listing {
        let page = store.list("nothing", Range { limit: 10, ..Range::default() }).await.unwrap();
        assert!(page.entries.is_empty() && page.next.is_none());
    }
    commit(&*store, []).await.expect("no change is no error");
}

pub async fn collections_do_not_mix(harness: &impl Harness) {
    let store = harness.connected().await;
    let within = |collection, key, value: usize| Change { collection, ..set(key, value.to_string()) };
    let places = [("users", "ada"), ("users_ada", ""), ("user", "sada"), ("$users", "ada"), ("users", "")];
    for (index, (collection, key)) in places.into_iter().enumerate() {
        commit(&*store, [within(collection, key, index)]).await.unwrap();
    }
    for (index, (collection, key)) in places.into_iter().enumerate() {
        let found = store.get(collection, key).await.unwrap().unwrap();
        assert_eq!(&*found.value, index.to_string().as_bytes(), "{collection}, {key}");
    }
    if harness.row().prefix_listing {
        assert_eq!(keys(&*store, "", 10).await, ["", "ada"]);
        assert_eq!(all(&*store, "user", "", 10).await, [("sada".to_owned(), b"2".to_vec())]);
    }
}

/// Two adapters on one store. Where nobody else can see it, the row says so, and the compiler asks it.
pub async fn another_process_sees_what_is_written(harness: &impl Harness) {
    let (one, other) = (harness.connected().await, harness.connected().await);
    commit(&*one, [set("ada", "a")]).await.unwrap();
    assert_eq!(get(&*other, "ada").await.as_deref(), Some(&b"a"[..]));
    commit(&*other, [delete("ada")]).await.unwrap();
    assert_eq!(get(&*one, "ada").await, None);
}
