//! What a store does not take, and what it cannot do.

use std::time::Duration;

use pontoon::StoreError;
use pontoon::adapter::Range;

use super::harness::{Harness, USERS, commit, etag, get, insert, is_unsupported, keys, replace, set, set_for};

/// The largest value that a case sends to a store that has no limit of its own.
const LARGE: u64 = 32 << 20;

pub async fn a_value_over_the_limit_is_refused(harness: &impl Harness) {
    let store = harness.connected().await;
    let limit = harness.row().largest_value;
    let size = usize::try_from(limit.min(LARGE)).unwrap();
    let largest = vec![b'x'; size];
    commit(&*store, [set("ada", &largest)]).await.expect("as large as the row says");
    assert_eq!(get(&*store, "ada").await.map(|value| value.len()), Some(size));
    let over = commit(&*store, [set("bob", "b"), set("ada", [&largest[..], b"x"].concat())]).await;
    if limit > LARGE {
        over.expect("there is no limit");
        return;
    }
    match over {
        Err(error @ StoreError::TooLarge { .. }) => {
            let text = error.to_string();
            let parts = [USERS, "ada", &(size + 1).to_string(), &limit.to_string()];
            assert!(parts.iter().all(|part| text.contains(part)), "{text}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(get(&*store, "bob").await, None, "nothing of it was changed");
    assert_eq!(get(&*store, "ada").await.map(|value| value.len()), Some(size));
}

/// Each capability of the row: it is there, or it is refused.
pub async fn what_the_store_cannot_do_is_refused(harness: &impl Harness) {
    let (row, store) = (harness.row(), harness.connected().await);
    commit(&*store, [set("ada", "1")]).await.unwrap();

    let timed = commit(&*store, [set_for("ada", "2", Duration::from_secs(3600))]).await;
    assert!(if row.ttl { timed.is_ok() } else { is_unsupported(&timed) }, "{timed:?}");

    let version = etag(&*store, "ada").await;
    let replaced = commit(&*store, [replace("ada", "3", &version)]).await;
    assert!(if row.etags { replaced.is_ok() } else { is_unsupported(&replaced) }, "{replaced:?}");
    let first = commit(&*store, [insert("bob", "1")]).await;
    assert!(if row.etags { first.is_ok() } else { is_unsupported(&first) }, "{first:?}");

    let both = commit(&*store, [set("ada", "4"), set("bob", "4")]).await;
    assert!(if row.transactions { both.is_ok() } else { is_unsupported(&both) }, "{both:?}");

    let listed = store.list(USERS, Range { limit: 10, ..Range::default() }).await;
    assert!(if row.prefix_listing { listed.is_ok() } else { is_unsupported(&listed) }, "{listed:?}");
    if row.prefix_listing {
        assert_eq!(keys(&*store, "b", 10).await, ["bob"]);
    }
}
