//! A network that breaks.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use pontoon::adapter::{Change, Expect};
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
    let state = state(broker.url_at(proxy.port()));
    state.connect().await.unwrap();
    state.commit(vec![insert("ada".into())]).await.unwrap();
    let (answers, enough) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicBool::new(false)));
    let readers = (0..8).map(|_| {
        let (state, answers, enough) = (Arc::clone(&state), Arc::clone(&answers), Arc::clone(&enough));
        tokio::spawn(async move {
            while !enough.load(Ordering::SeqCst) {
                assert!(state.get("users", "ada").await.unwrap().is_some());
                answers.fetch_add(1, Ordering::SeqCst);
            }
        })
    });
    let readers: Vec<_> = readers.collect();
    for _ in 0..4 {
        // Far enough apart that no question is cut off twice.
        let next = answers.load(Ordering::SeqCst) + 2000;
        let read = async {
            while answers.load(Ordering::SeqCst) < next {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(PATIENCE, read).await.unwrap();
        proxy.cut();
    }
    enough.store(true, Ordering::SeqCst);
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
