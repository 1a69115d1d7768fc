//! A network that breaks.

use std::sync::Arc;
use std::time::Duration;

use pontoon::store::{Change, Expect, StateAdapter};
use pontoon::{Health, StoreError};
use pontoon_brokers::{Broker, Kind, Proxy};
use tokio::time::{sleep, timeout};

use super::state;

const PATIENCE: Duration = Duration::from_secs(60);

fn insert(key: String) -> Change {
    Change { collection: "users", key, expect: Expect::Absent, put: Some((b"1"[..].into(), None)) }
}

/// Reads are asked again: nobody notices.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_survives_a_connection_that_is_cut() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let state = Arc::new(state(broker.url_at(proxy.port())));
    state.connect().await.unwrap();
    state.commit(vec![insert("ada".into())]).await.unwrap();
    let readers = (0..8).map(|_| {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            for _ in 0..2000 {
                assert!(state.get("users", "ada").await.unwrap().is_some());
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for _ in 0..3 {
        sleep(Duration::from_millis(50)).await;
        proxy.cut();
    }
    for reader in readers {
        timeout(PATIENCE, reader).await.unwrap().unwrap();
    }
}

/// A connection that is there and carries nothing: those who ask are told in time, and it is replaced.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_half_open_connection_is_found_out() {
    let broker = Broker::start(Kind::Redis).unwrap();
    let proxy = Proxy::before(&broker).unwrap();
    let state = state(broker.url_at(proxy.port()));
    state.connect().await.unwrap();
    proxy.freeze();
    // Also where nobody asks for anything.
    let found_out = async {
        while state.health() == Health::Ready {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(PATIENCE, found_out).await.unwrap();
    let ended = timeout(PATIENCE, state.commit(vec![insert("ada".into())])).await.unwrap();
    assert!(matches!(ended, Err(StoreError::Unavailable(_))), "{ended:?}");
    proxy.thaw();
    timeout(PATIENCE, state.commit(vec![insert("ada".into())])).await.unwrap().unwrap();
    assert_eq!(state.health(), Health::Ready);
}
