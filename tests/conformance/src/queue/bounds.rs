//! Bounds, and what happens to a job that finds no room.

use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::WhenFull;

use super::harness::{Harness, POLICY, job, next, number, numbers, push, settle, take};
use crate::adapter::soon;

const BOUND: u32 = 5;

/// RabbitMQ hears of a queue that is full a moment after it is: a few find room that is none.
const MORE: u32 = 50;

pub async fn a_full_queue_refuses(harness: &impl Harness) {
    let worker = harness.queue(POLICY.bound(BOUND)).await;
    let mut pushed = 0;
    let refused = loop {
        match push(&worker.queue, pushed).await {
            Ok(()) => pushed += 1,
            Err(error) => break error,
        }
        assert!(pushed < BOUND + MORE, "it has no bound");
    };
    assert!(matches!(refused, BridgeError::Full { at } if at == harness.subject()), "{refused:?}");
    assert!(pushed >= BOUND);
    assert_eq!(numbers(&worker.queue, pushed as usize).await, (0..pushed).collect::<Vec<_>>());
    let begun = pontoon::Instant::now();
    while let Err(error) = push(&worker.queue, 100).await {
        assert!(matches!(error, BridgeError::Full { .. }) && begun.elapsed().as_secs() < 20, "{error}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(take(&worker.queue).await, 100);
}

pub async fn a_full_queue_has_its_senders_wait(harness: &impl Harness) {
    let worker = harness.queue(POLICY.bound(BOUND).when_full(WhenFull::Wait)).await;
    let sender = Arc::clone(&worker.queue);
    let sent = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let sending = tokio::spawn({
        let sent = Arc::clone(&sent);
        async move {
            for number in 0..BOUND + MORE {
                sender.push(job(number)).await.unwrap();
                sent.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            }
        }
    });
    // All would be in by then, if nobody waited.
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let before = sent.load(std::sync::atomic::Ordering::SeqCst);
    assert!((BOUND..BOUND + MORE).contains(&before), "{before} are in");
    assert_eq!(numbers(&worker.queue, (BOUND + MORE) as usize).await, (0..BOUND + MORE).collect::<Vec<_>>());
    soon(sending).await.unwrap();
}

pub async fn in_a_full_queue_the_oldest_makes_room(harness: &impl Harness) {
    let worker = harness.queue(POLICY.bound(BOUND).when_full(WhenFull::DropOldest)).await;
    for number in 0..BOUND + 3 {
        push(&worker.queue, number).await.unwrap();
    }
    let mut left = Vec::new();
    while let Ok(Some(delivery)) = tokio::time::timeout(Duration::from_secs(1), worker.queue.next()).await {
        left.push(number(&delivery));
        settle(&worker.queue, &delivery, pontoon::adapter::Settlement::Ack).await;
    }
    assert_eq!(left, (3..BOUND + 3).collect::<Vec<_>>());
    push(&worker.queue, 9).await.unwrap();
    assert_eq!(number(&next(&worker.queue).await), 9);
}
