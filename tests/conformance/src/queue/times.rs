//! Jobs for later, jobs with the same id, and how long jobs have been waiting.

use std::time::Duration;

use pontoon::adapter::{Job, Settlement};
use pontoon::{BridgeError, Instant};

use super::harness::{Harness, POLICY, is_quiet, job, next, number, numbers, push, settle, take};
use crate::adapter::soon;

fn is_unsupported(pushed: &Result<(), BridgeError>) -> bool {
    matches!(pushed, Err(BridgeError::Unsupported { .. }))
}

pub async fn a_job_for_later_comes_no_earlier(harness: &impl Harness) {
    let policy = if harness.row().delay { POLICY.delayed() } else { POLICY };
    let worker = harness.queue(policy).await;
    let later = |number, delay| Job { delay: Some(Duration::from_millis(delay)), ..job(number) };
    let begun = Instant::now();
    let pushed = soon(worker.queue.push(later(1, 1500))).await;
    if !harness.row().delay {
        assert!(is_unsupported(&pushed), "{pushed:?}");
        return;
    }
    pushed.unwrap();
    soon(worker.queue.push(later(2, 700))).await.unwrap();
    push(&worker.queue, 3).await.unwrap();
    assert_eq!(take(&worker.queue).await, 3);
    assert_eq!(soon(worker.queue.depth()).await.unwrap().delayed, Some(2));
    assert_eq!(take(&worker.queue).await, 2);
    assert!(begun.elapsed().as_millis() >= 700);
    assert_eq!(take(&worker.queue).await, 1);
    assert!(begun.elapsed().as_millis() >= 1500);
    assert!(is_quiet(&worker.queue).await);
}

pub async fn a_second_job_with_the_same_id_is_left_out(harness: &impl Harness) {
    let window = Duration::from_secs(3);
    let policy = if harness.row().deduplication { POLICY.remember(window) } else { POLICY };
    let worker = harness.queue(policy).await;
    let named = |number, id: &str| Job { deduplication: Some(id.to_owned()), ..job(number) };
    let begun = Instant::now();
    let pushed = soon(worker.queue.push(named(1, "0:a b\r\né"))).await;
    if !harness.row().deduplication {
        assert!(is_unsupported(&pushed), "{pushed:?}");
        return;
    }
    pushed.unwrap();
    for (number, id) in [(2, "0:a b\r\né"), (3, "0:b"), (4, "1:ab")] {
        soon(worker.queue.push(named(number, id))).await.unwrap();
    }
    assert_eq!(numbers(&worker.queue, 3).await, [1, 3, 4]);
    soon(worker.queue.push(named(5, "0:b"))).await.unwrap();
    // The first one is done, and still it counts.
    assert!(begun.elapsed() > window || is_quiet(&worker.queue).await);
    tokio::time::sleep(window + Duration::from_millis(500)).await;
    soon(worker.queue.push(named(6, "0:b"))).await.unwrap();
    assert_eq!(take(&worker.queue).await, 6);
}

pub async fn depth_and_age_are_told(harness: &impl Harness) {
    let worker = harness.queue(POLICY.lease(Duration::from_secs(30))).await;
    for number in 0..5 {
        push(&worker.queue, number).await.unwrap();
    }
    let taken = [next(&worker.queue).await, next(&worker.queue).await];
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let depth = soon(worker.queue.depth()).await.unwrap();
    // What a process has taken from a broker that it has not begun is a worker's, too.
    assert!(depth.leased.is_none_or(|leased| leased + depth.waiting == 5), "{depth:?}");
    assert!(depth.waiting <= 3, "{depth:?}");
    if depth.waiting > 0 {
        let told = depth.age.is_none_or(|age| (1200..20_000).contains(&age.as_millis()));
        assert!(told, "{depth:?}");
    }
    for delivery in &taken {
        settle(&worker.queue, delivery, Settlement::Ack).await;
    }
    let mut left = numbers(&worker.queue, 3).await;
    left.extend(taken.iter().map(number));
    left.sort_unstable();
    assert_eq!(left, [0, 1, 2, 3, 4]);
    let begun = Instant::now();
    loop {
        let depth = soon(worker.queue.depth()).await.unwrap();
        let counts = (depth.waiting, depth.leased.unwrap_or(0), depth.delayed.unwrap_or(0));
        if counts == (0, 0, 0) && depth.age == Some(Duration::ZERO) {
            break;
        }
        assert!(begun.elapsed().as_secs() < 20, "{depth:?}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
