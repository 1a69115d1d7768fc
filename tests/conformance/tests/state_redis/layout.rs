//! What is in the server: names, and nothing that stays behind.

use std::time::Duration;

use pontoon::adapter::{Change, Expect};
use pontoon_brokers::{Broker, Kind};

use super::{cli, state};

fn set(key: String, time: Option<Duration>) -> Change {
    Change { collection: "$inbox", key, expect: Expect::Anything, put: Some((b"{}"[..].into(), time)) }
}

/// One hash tag: whatever a cluster does, they are together.
#[tokio::test]
async fn all_keys_of_a_topology_have_its_name_as_their_tag() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let state = state(broker.url());
    state.connect().await.unwrap();
    state.commit(vec![set("a}b{c".into(), None), set("ada".into(), Some(Duration::from_secs(60)))]).await.unwrap();
    let mut keys: Vec<String> = cli(broker.port(), &["KEYS", "*"]).lines().map(str::to_owned).collect();
    keys.sort();
    let expected =
        ["{shop}:ends:$inbox", "{shop}:index:$inbox", "{shop}:state:$inbox:ada", "{shop}:state:$inbox:a}b{c"];
    assert_eq!(keys, expected);
    let kept = cli(broker.port(), &["GET", "{shop}:state:$inbox:ada"]);
    assert!(kept.len() == 38 && kept.ends_with("{}"), "{kept}");
    state.commit(vec![set("a}b{c".into(), None), Change { put: None, ..set("ada".into(), None) }]).await.unwrap();
    state.commit(vec![Change { put: None, ..set("a}b{c".into(), None) }]).await.unwrap();
    assert_eq!(cli(broker.port(), &["DBSIZE"]), "0", "nothing stays behind");
}

/// Claims of the inbox go away by themselves and are never listed: what the index knows of them goes with the next
/// ones.
#[tokio::test]
async fn an_index_that_nobody_lists_does_not_grow_for_ever() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let state = state(broker.url());
    state.connect().await.unwrap();
    let count = |name: &str| cli(broker.port(), &["ZCARD", name]).parse::<usize>().unwrap();
    for round in 0..30 {
        let claims = (0..100).map(|claim| set(format!("{round}/{claim}"), Some(Duration::from_millis(1))));
        state.commit(claims.collect()).await.unwrap();
    }
    // Those of this round alone are in time.
    let last = (0..500).map(|claim| set(format!("last/{claim}"), Some(Duration::from_secs(60))));
    state.commit(last.collect()).await.unwrap();
    assert_eq!((count("{shop}:index:$inbox"), count("{shop}:ends:$inbox")), (500, 500));
}
