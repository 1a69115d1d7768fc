//! A backend that goes away and comes back, and a queue that is closed.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::join_all;
use pontoon::BridgeError;
use pontoon::adapter::{JobQueue, Settlement};

use super::harness::{Harness, POLICY, job, next, number, push, settle, take};
use crate::adapter::{PATIENCE, soon, until};

/// Workers that go on by themselves when the backend is back. Ended between two lines they would hold a job for ever.
fn work(queue: &Arc<dyn JobQueue>, done: &Arc<Mutex<BTreeSet<u32>>>) -> Vec<tokio::task::JoinHandle<()>> {
    let worker = || {
        let (queue, done) = (Arc::clone(queue), Arc::clone(done));
        tokio::spawn(async move {
            while let Some(delivery) = queue.next().await {
                done.lock().unwrap().insert(number(&delivery));
                // Where the backend is gone it may come again.
                let _ = queue.settle(&delivery, Settlement::Ack).await;
            }
        })
    };
    (0..8).map(|_| worker()).collect()
}

/// Sent is done: what was confirmed is worked off, if the row says that it is durable, and then it is gone.
pub async fn what_was_accepted_outlives_a_kill_in_mid_work(harness: &impl Harness) {
    let policy = POLICY.attempts(50);
    let mut worker = harness.queue(policy).await;
    let done = Arc::<Mutex<BTreeSet<u32>>>::default();
    let mut sent = BTreeSet::new();
    let mut number = 0;
    harness.settled().await;
    let mut workers = work(&worker.queue, &done);
    for _ in 0..3 {
        let stop = Arc::new(AtomicBool::new(false));
        let senders: Vec<_> = (0..8)
            .map(|sender| {
                let (queue, stop, first) = (Arc::clone(&worker.queue), Arc::clone(&stop), number);
                tokio::spawn(async move {
                    let mut confirmed = Vec::new();
                    for count in 0..1_000_000 / 8 {
                        if stop.load(Ordering::SeqCst) {
                            break;
                        }
                        let number = first + count * 8 + sender;
                        if queue.push(job(number)).await.is_ok() {
                            confirmed.push(number);
                        }
                    }
                    confirmed
                })
            })
            .collect();
        number += 1_000_000;
        let before = done.lock().unwrap().len();
        until("work is done", || done.lock().unwrap().len() > before + 300).await;
        harness.kill().await;
        tokio::time::sleep(Duration::from_millis(200)).await;
        if !harness.stays_in_process() {
            // Nothing is handed to a queue of which one knows that.
            until("it is known to be away", || worker.queue.is_away()).await;
        }
        harness.restart().await;
        stop.store(true, Ordering::SeqCst);
        for confirmed in soon(join_all(senders)).await {
            sent.extend(confirmed.unwrap());
        }
        if harness.stays_in_process() {
            // That process is gone, and so are the workers.
            workers.iter().for_each(tokio::task::JoinHandle::abort);
            worker = harness.queue(policy).await;
            workers = work(&worker.queue, &done);
        } else {
            let (queue, done) = (&worker.queue, &done);
            until("it is known to be back", || !queue.is_away()).await;
            soon(async {
                while push(queue, number - 1).await.is_err() {}
                until("they work again", || done.lock().unwrap().contains(&(number - 1))).await;
            })
            .await;
        }
    }
    if harness.row().durable {
        let wait = tokio::time::timeout(Duration::from_secs(120), async {
            while !sent.is_subset(&done.lock().unwrap()) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        });
        let in_time = wait.await.is_ok();
        let lost: Vec<_> = sent.difference(&done.lock().unwrap()).copied().take(20).collect();
        assert!(in_time && lost.is_empty(), "of {} that were sent, lost: {lost:?}", sent.len());
        let removed = tokio::time::timeout(PATIENCE, async {
            while harness.kept().await > 0 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        });
        assert!(removed.await.is_ok(), "{} jobs that are done are kept", harness.kept().await);
    }
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

pub async fn a_backend_that_is_frozen_comes_back(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    assert_eq!(take(&worker.queue).await, 1);
    harness.freeze().await;
    let pushing = {
        let queue = Arc::clone(&worker.queue);
        tokio::spawn(async move { queue.push(job(2)).await })
    };
    tokio::time::sleep(Duration::from_secs(3)).await;
    harness.thaw().await;
    soon(pushing).await.unwrap().expect("who waits for it gets an answer");
    assert_eq!(take(&worker.queue).await, 2);
    until("it is ready", || worker.adapter.health().is_ready()).await;
}

pub async fn a_backend_that_is_absent_is_waited_for(harness: &impl Harness) {
    if !harness.stays_in_process() {
        harness.kill().await;
    }
    let adapter = harness.adapter();
    let queue = adapter.queue(harness.subject(), POLICY);
    let connecting = {
        let adapter = Arc::clone(&adapter);
        tokio::spawn(async move { adapter.connect().await })
    };
    if !harness.stays_in_process() {
        until("it is not ready", || !adapter.health().is_ready()).await;
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert!(!connecting.is_finished());
    }
    harness.restart().await;
    soon(connecting).await.unwrap().unwrap();
    assert!(adapter.health().is_ready());
    push(&queue, 1).await.unwrap();
    assert_eq!(take(&queue).await, 1);
}

pub async fn a_closed_queue_is_an_error(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    let delivery = next(&worker.queue).await;
    settle(&worker.queue, &delivery, Settlement::Ack).await;
    for _ in 0..2 {
        soon(worker.adapter.close()).await;
        let pushed = push(&worker.queue, 2).await;
        assert!(matches!(pushed, Err(BridgeError::Closed)), "{pushed:?}");
        assert!(soon(worker.queue.next()).await.is_none());
    }
}

/// Whatever is under way ends: done, or closed.
pub async fn closing_leaves_nobody_waiting(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    let busy: Vec<_> = (0..16)
        .map(|number| {
            let queue = Arc::clone(&worker.queue);
            tokio::spawn(async move {
                loop {
                    if let Err(error) = queue.push(job(number)).await {
                        return error;
                    }
                }
            })
        })
        .collect();
    let waiting = {
        let queue = Arc::clone(&worker.queue);
        tokio::spawn(async move { while queue.next().await.is_some() {} })
    };
    tokio::time::sleep(Duration::from_millis(300)).await;
    soon(worker.adapter.close()).await;
    for ended in soon(join_all(busy)).await {
        let ended = ended.unwrap();
        assert!(matches!(ended, BridgeError::Closed), "{ended:?}");
    }
    soon(waiting).await.unwrap();
}
