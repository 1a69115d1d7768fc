//! What outlives a process: jobs and their order, delays, deduplication, what was not settled.

use std::time::{Duration, Instant};

use pontoon::adapter::{Job, QueuePolicy, Settlement};
use pontoon_conformance::adapter::soon;

use super::{job, open};

#[tokio::test]
async fn jobs_and_their_order_outlive_a_restart_and_what_was_not_settled_comes_again() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    for number in 0..700 {
        opened.push(number).await;
    }
    assert_eq!(opened.take().await, (0, 1));
    let held = soon(opened.queue.next()).await.unwrap();
    assert_eq!(held.attempt, 1);
    opened.close().await;
    let opened = open(folder.path(), QueuePolicy::new()).await;
    opened.push(700).await;
    assert_eq!(opened.take().await, (1, 2));
    for number in 2..=700 {
        assert_eq!(opened.take().await, (number, 1));
    }
}

#[tokio::test]
async fn a_delayed_job_keeps_its_time_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    let (delay, before) = (Duration::from_millis(700), Instant::now());
    soon(opened.queue.push(Job { delay: Some(delay), ..job(1) })).await.unwrap();
    soon(opened.queue.push(Job { delay: Some(Duration::from_secs(3600)), ..job(2) })).await.unwrap();
    opened.push(0).await;
    assert_eq!(opened.take().await, (0, 1));
    opened.close().await;
    let opened = open(folder.path(), QueuePolicy::new()).await;
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed), (0, Some(2)));
    assert_eq!(opened.take().await, (1, 1));
    assert!(before.elapsed() >= delay, "not before its time");
    assert_eq!(soon(opened.queue.depth()).await.unwrap().delayed, Some(1));
}

#[tokio::test]
async fn a_deduplication_id_counts_over_a_restart_and_ends_with_its_window() {
    let folder = tempfile::tempdir().unwrap();
    let policy = QueuePolicy::new().remember(Duration::from_secs(3600));
    let again = |number| Job { deduplication: Some("order 7".to_owned()), ..job(number) };
    let opened = open(folder.path(), policy).await;
    soon(opened.queue.push(again(1))).await.unwrap();
    soon(opened.queue.push(again(2))).await.unwrap();
    assert_eq!(opened.take().await, (1, 1));
    opened.close().await;
    let opened = open(folder.path(), policy).await;
    soon(opened.queue.push(again(3))).await.unwrap();
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (0, Some(0), Some(0)), "done, and still the same");
    opened.close().await;
    // Another queue, with a short window.
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), policy.remember(Duration::from_millis(50))).await;
    soon(opened.queue.push(again(1))).await.unwrap();
    tokio::time::sleep(Duration::from_millis(80)).await;
    soon(opened.queue.push(again(2))).await.unwrap();
    assert_eq!(soon(opened.queue.depth()).await.unwrap().waiting, 2);
}

#[tokio::test]
async fn what_waits_for_its_next_attempt_keeps_its_time_and_attempts() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    opened.push(1).await;
    let (pause, delivery) = (Duration::from_millis(500), soon(opened.queue.next()).await.unwrap());
    let before = Instant::now();
    soon(opened.queue.settle(&delivery, Settlement::Retry(pause))).await.unwrap();
    opened.close().await;
    let opened = open(folder.path(), QueuePolicy::new()).await;
    assert_eq!(opened.take().await, (1, 2));
    assert!(before.elapsed() >= pause);
}
