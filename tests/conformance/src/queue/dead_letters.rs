//! Jobs that were given up.

use pontoon::Id;
use pontoon::adapter::Settlement;

use super::harness::{Harness, POLICY, Worker, is_quiet, next, number, push, settle};
use crate::adapter::soon;

/// Three jobs that have failed for good, each in its first attempt.
async fn given_up(harness: &impl Harness) -> (Worker, Vec<Id>) {
    let worker = harness.queue(POLICY).await;
    let mut ids = Vec::new();
    for job in 0..3 {
        push(&worker.queue, job).await.unwrap();
        let delivery = next(&worker.queue).await;
        assert_eq!(number(&delivery), job);
        ids.push(delivery.message.metadata().id);
        settle(&worker.queue, &delivery, Settlement::DeadLetter(format!("reason {job}"))).await;
    }
    (worker, ids)
}

async fn reasons(worker: &Worker, skip: usize) -> Vec<String> {
    soon(worker.queue.dead_letters(skip)).await.unwrap().into_iter().map(|letter| letter.reason).collect()
}

pub async fn what_has_failed_for_good_is_kept_and_can_be_replayed(harness: &impl Harness) {
    let (worker, ids) = given_up(harness).await;
    assert!(is_quiet(&worker.queue).await, "they do not come again");
    assert_eq!(harness.kept().await, 0);
    let worker = match harness.stays_in_process() {
        true => worker,
        // They outlive whoever gave up.
        false => {
            soon(worker.adapter.close()).await;
            harness.queue(POLICY).await
        }
    };
    assert_eq!(reasons(&worker, 0).await, ["reason 0", "reason 1", "reason 2"]);
    assert_eq!(reasons(&worker, 2).await, ["reason 2"]);
    assert_eq!(soon(worker.queue.clear_dead_letters(Some(Id::random()), true)).await.unwrap(), 0);
    assert_eq!(soon(worker.queue.clear_dead_letters(Some(ids[1]), true)).await.unwrap(), 1);
    let again = next(&worker.queue).await;
    assert_eq!((number(&again), again.attempt, again.message.metadata().id), (1, 1, ids[1]));
    settle(&worker.queue, &again, Settlement::Ack).await;
    assert_eq!(reasons(&worker, 0).await, ["reason 0", "reason 2"]);
}

pub async fn what_was_given_up_can_be_purged(harness: &impl Harness) {
    let (worker, ids) = given_up(harness).await;
    assert_eq!(soon(worker.queue.clear_dead_letters(Some(ids[0]), false)).await.unwrap(), 1);
    assert_eq!(reasons(&worker, 0).await, ["reason 1", "reason 2"]);
    assert_eq!(soon(worker.queue.clear_dead_letters(None, false)).await.unwrap(), 2);
    assert!(reasons(&worker, 0).await.is_empty());
    assert!(is_quiet(&worker.queue).await);
}
