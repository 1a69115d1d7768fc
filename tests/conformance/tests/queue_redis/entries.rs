//! Entries of the stream that somebody else has touched.

use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::Settlement;
use pontoon_conformance::adapter::soon;
use pontoon_conformance::queue::{Harness as _, POLICY, job, next, take};

use super::start;

const STREAM: &str = "{shop}:queue:toil";

/// Q02: the job goes to another worker, and what the first one says of it is refused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_lost_its_lease_cannot_settle() {
    let redis = start().await;
    let worker = redis.queue(POLICY).await;
    for settlement in [Settlement::Ack, Settlement::Retry(Duration::ZERO), Settlement::Release] {
        soon(worker.queue.push(job(1))).await.unwrap();
        let first = next(&worker.queue).await;
        // As if its lease had ended, and somebody had taken it over and held it since.
        let entry = redis.cli(&["XPENDING", STREAM, "workers", "-", "+", "1"]);
        let entry = entry.lines().next().unwrap();
        redis.cli(&["XCLAIM", STREAM, "workers", "worker", "0", entry]);
        let refused = soon(worker.queue.settle(&first, settlement)).await;
        assert!(matches!(refused, Err(BridgeError::LeaseLost)), "{refused:?}");
        // Nobody holds that delivery: it comes again.
        let second = next(&worker.queue).await;
        assert_eq!((second.attempt, second.message.metadata().id), (3, first.message.metadata().id));
        soon(worker.queue.settle(&second, Settlement::Ack)).await.unwrap();
    }
    assert_eq!(redis.kept().await, 0);
}

/// E09: it is given up at once, and stops nobody.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_is_given_up() {
    let redis = start().await;
    let worker = redis.queue(POLICY).await;
    redis.cli(&["XADD", STREAM, "*", "nonsense", "1"]);
    redis.cli(&["XADD", STREAM, "*", "data", "{}", "specversion", "0.3", "id", "1", "source", "/x", "type", "t"]);
    soon(worker.queue.push(job(7))).await.unwrap();
    assert_eq!(take(&worker.queue).await, 7);
    let letters = soon(worker.queue.dead_letters(0)).await.unwrap();
    assert_eq!(letters.len(), 2);
    assert!(letters[1].reason.contains("only 1.0 is known"), "{}", letters[1].reason);
    assert_eq!(redis.kept().await, 0);
}

/// The server has forgotten everything: it is made again, and work goes on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_has_forgotten_everything_is_used_again() {
    let redis = start().await;
    let worker = redis.queue(POLICY).await;
    soon(worker.queue.push(job(1))).await.unwrap();
    assert_eq!(take(&worker.queue).await, 1);
    redis.cli(&["FLUSHALL"]);
    soon(worker.queue.push(job(2))).await.unwrap();
    assert_eq!(take(&worker.queue).await, 2);
}
