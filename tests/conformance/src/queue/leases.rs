//! Leases: a job is one worker's, as long as that lives.

use std::time::Duration;

use pontoon::adapter::Settlement;

use super::harness::{Harness, POLICY, is_quiet, next, number, push, settle};
use crate::adapter::soon;

pub async fn a_job_whose_worker_is_gone_comes_again(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    let first = next(&worker.queue).await;
    assert_eq!(first.attempt, 1);
    let other = match harness.stays_in_process() {
        // Nobody can go away without the bridge: but nobody extends the lease.
        true => worker,
        false => {
            soon(worker.adapter.close()).await;
            harness.queue(POLICY).await
        }
    };
    let second = next(&other.queue).await;
    assert_eq!((number(&second), second.attempt), (1, 2), "the first one counts");
    settle(&other.queue, &second, Settlement::Ack).await;
    if harness.stays_in_process() {
        let late = soon(other.queue.settle(&first, Settlement::Ack)).await;
        assert!(matches!(late, Err(pontoon::BridgeError::LeaseLost)), "{late:?}");
    }
    assert!(is_quiet(&other.queue).await);
}

/// As the runtime does, while a handler runs for longer than the lease.
pub async fn a_lease_is_extended_while_its_worker_lives(harness: &impl Harness) {
    let worker = harness.queue(POLICY.lease(Duration::from_secs(1))).await;
    let other = match harness.stays_in_process() {
        true => None,
        false => Some(harness.queue(POLICY.lease(Duration::from_secs(1))).await),
    };
    push(&worker.queue, 1).await.unwrap();
    let delivery = next(&worker.queue).await;
    for _ in 0..10 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        soon(worker.queue.extend(&delivery)).await.expect("it is still ours");
    }
    let others = other.as_ref().map_or(&worker.queue, |other| &other.queue);
    assert!(is_quiet(others).await, "nobody else has it");
    settle(&worker.queue, &delivery, Settlement::Ack).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(is_quiet(others).await, "and it is done");
}
