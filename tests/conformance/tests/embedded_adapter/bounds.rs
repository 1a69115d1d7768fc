//! Bounds of queues, and what happens to a job that finds no room.

use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::{Job, Message, Metadata, QueuePolicy, WhenFull};
use pontoon_conformance::adapter::soon;

use super::{QUEUE, job, open};

#[tokio::test]
async fn a_full_queue_refuses_and_has_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new().bound(3).when_full(WhenFull::Refuse)).await;
    let pushed = futures_util::future::join_all((0..10).map(|number| opened.queue.push(job(number)))).await;
    assert_eq!(pushed.iter().filter(|pushed| pushed.is_ok()).count(), 3);
    assert!(pushed.iter().all(|pushed| matches!(pushed, Ok(()) | Err(BridgeError::Full { at: QUEUE }))), "{pushed:?}");
    opened.take().await;
    opened.push(11).await;
    assert!(matches!(soon(opened.queue.push(job(12))).await, Err(BridgeError::Full { .. })));
}

#[tokio::test]
async fn who_finds_no_room_waits_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Arc::new(open(folder.path(), QueuePolicy::new().bound(2)).await);
    let pushing = (0..20).map(|number| {
        let opened = Arc::clone(&opened);
        tokio::spawn(async move { opened.push(number).await })
    });
    let pushing: Vec<_> = pushing.collect();
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert_eq!(pushing.iter().filter(|pushing| pushing.is_finished()).count(), 2, "the others wait");
    let mut taken = Vec::new();
    for _ in 0..20 {
        taken.push(opened.take().await.0);
    }
    for pushing in pushing {
        soon(pushing).await.unwrap();
    }
    taken.sort_unstable();
    assert!(taken.into_iter().eq(0..20));
}

#[tokio::test]
async fn the_oldest_makes_room() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new().bound(2).when_full(WhenFull::DropOldest)).await;
    soon(opened.queue.push(Job { delay: Some(Duration::from_secs(3600)), ..job(0) })).await.unwrap();
    for number in 1..6 {
        opened.push(number).await;
    }
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed), (1, Some(1)));
    assert_eq!(opened.take().await, (5, 1));
    opened.push(6).await;
    opened.close().await;
    let opened = open(folder.path(), QueuePolicy::new()).await;
    assert_eq!(opened.take().await, (6, 1));
    assert_eq!(soon(opened.queue.depth()).await.unwrap().delayed, Some(1));
}

#[tokio::test]
async fn what_is_too_large_is_refused_before_it_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    let large = |size: usize| Message::received(Metadata::new(), format!("\"{}\"", "x".repeat(size - 2)));
    let (fits, over) = (large(16 << 20), large((16 << 20) + 1));
    opened.queue.check(&fits).unwrap();
    let push = |message| opened.queue.push(Job { message, delay: None, deduplication: None });
    soon(push(fits)).await.unwrap();
    for refused in [opened.queue.check(&over), soon(push(over)).await] {
        assert!(matches!(refused, Err(BridgeError::TooLarge { limit: 16_777_216, .. })), "{refused:?}");
    }
    let delivery = soon(opened.queue.next()).await.unwrap();
    assert_eq!(delivery.message.json().unwrap().len(), 16 << 20);
}
