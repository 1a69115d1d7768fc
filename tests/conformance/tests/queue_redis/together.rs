//! What goes to the server in one call: each change has an outcome of its own.

use std::pin::Pin;
use std::time::Duration;

use futures_util::future::join_all;
use pontoon::BridgeError;
use pontoon::adapter::{Delivery, Job, Settlement};
use pontoon_conformance::adapter::soon;
use pontoon_conformance::backend::Backend as _;
use pontoon_conformance::queue::{Harness as _, POLICY, job, next, numbers};

use super::{Redis, start};

const STREAM: &str = "{shop}:queue:toil";

/// Longer than a case takes: nothing is extended meanwhile.
const LEASE: Duration = Duration::from_secs(60);

impl Redis {
    /// How many scripts the server has run.
    fn scripts(&self) -> u32 {
        let told = self.cli(&["INFO", "commandstats"]);
        let calls = told.lines().find_map(|line| line.strip_prefix("cmdstat_evalsha:calls="));
        calls.and_then(|rest| rest.split(',').next()).map_or(0, |calls| calls.parse().unwrap())
    }
}

/// Lets something begin that the server does not answer.
async fn begin<F: Future>(future: &mut Pin<Box<F>>)
where
    F::Output: std::fmt::Debug,
{
    let ended = tokio::time::timeout(Duration::from_millis(100), future).await;
    assert!(ended.is_err(), "it has ended: {ended:?}");
}

/// One is taken, one has come before, one finds no room.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_jobs_in_one_call_each_has_its_own_outcome() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE).bound(3).remember(LEASE)).await;
    soon(worker.queue.push(job(0))).await.unwrap();
    let before = redis.scripts();
    redis.freeze().await;
    let mut first = Box::pin(worker.queue.push(job(1)));
    begin(&mut first).await;
    let named = |number| Job { deduplication: Some("0:a".to_owned()), ..job(number) };
    let mut others = Box::pin(join_all([named(2), named(3), job(4), named(5)].map(|job| worker.queue.push(job))));
    begin(&mut others).await;
    redis.thaw().await;
    soon(first).await.unwrap();
    let [taken, seen, full, seen_again] = soon(others).await.try_into().unwrap();
    assert!(taken.is_ok() && seen.is_ok() && seen_again.is_ok(), "{taken:?} {seen:?} {seen_again:?}");
    assert!(matches!(full, Err(BridgeError::Full { .. })), "{full:?}");
    assert_eq!(redis.scripts() - before, 2);
    assert_eq!(numbers(&worker.queue, 3).await, [0, 1, 2]);
}

/// Each that finds no room makes some for itself.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_jobs_in_one_call_the_newest_stay() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE).bound(3).when_full(pontoon::adapter::WhenFull::DropOldest)).await;
    let later = Job { delay: Some(Duration::from_millis(1)), ..job(0) };
    soon(worker.queue.push(later)).await.unwrap();
    let pushed = soon(join_all((1..=20).map(|number| worker.queue.push(job(number))))).await;
    pushed.into_iter().for_each(Result::unwrap);
    assert_eq!(redis.kept().await, 3);
    // Those in the stream are older than one that waits for its time.
    assert_eq!(numbers(&worker.queue, 3).await, [0, 19, 20]);
}

/// The lost one is refused; whatever becomes of the others, it becomes of them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_deliveries_in_one_call_one_is_lost() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE)).await;
    // From now on the server knows the script.
    soon(worker.queue.push(job(9))).await.unwrap();
    numbers(&worker.queue, 1).await;
    let mut taken = Vec::new();
    for number in 0..6 {
        soon(worker.queue.push(job(number))).await.unwrap();
        taken.push(next(&worker.queue).await);
    }
    let entries = redis.cli(&["XPENDING", STREAM, "workers", "-", "+", "6"]);
    let entries: Vec<_> = entries.lines().step_by(4).collect();
    redis.cli(&["XCLAIM", STREAM, "workers", "worker", "0", entries[3]]);
    let settle = |place: usize, settlement| worker.queue.settle(&taken[place], settlement);
    let before = redis.scripts();
    redis.freeze().await;
    let mut first = Box::pin(settle(0, Settlement::Ack));
    begin(&mut first).await;
    let mut others = Box::pin(join_all([
        settle(5, Settlement::Release),
        settle(3, Settlement::Retry(Duration::ZERO)),
        settle(1, Settlement::Ack),
        settle(4, Settlement::Retry(Duration::from_millis(1))),
    ]));
    begin(&mut others).await;
    redis.thaw().await;
    soon(first).await.unwrap();
    let [released, lost, done, again] = soon(others).await.try_into().unwrap();
    assert!(released.is_ok() && done.is_ok() && again.is_ok(), "{released:?} {done:?} {again:?}");
    assert!(matches!(lost, Err(BridgeError::LeaseLost)), "{lost:?}");
    assert_eq!(redis.scripts() - before, 2);
    let number = |delivery: &Delivery| (delivery.message.decode::<u32>().unwrap(), delivery.attempt);
    let mut again = [number(&next(&worker.queue).await), number(&next(&worker.queue).await)];
    again.sort_unstable();
    assert_eq!(again, [(4, 2), (5, 2)]);
    // Who has the lost one has it still, and so has who has the one between.
    assert_eq!(redis.kept().await, 4);
}

/// Many deliveries of others lie between two that are settled together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn deliveries_far_from_each_other_are_settled_in_one_call() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE)).await;
    soon(join_all((0..60).map(|number| worker.queue.push(job(number))))).await.into_iter().for_each(Result::unwrap);
    let mut taken = Vec::new();
    for _ in 0..60 {
        taken.push(next(&worker.queue).await);
    }
    redis.freeze().await;
    let mut first = Box::pin(worker.queue.settle(&taken[30], Settlement::Ack));
    begin(&mut first).await;
    let others = [0, 29, 59].map(|place| worker.queue.settle(&taken[place], Settlement::Ack));
    let mut others = Box::pin(join_all(others));
    begin(&mut others).await;
    redis.thaw().await;
    soon(first).await.unwrap();
    soon(others).await.into_iter().for_each(Result::unwrap);
    assert_eq!(redis.kept().await, 56);
}

/// Of a call that is under way the others hear; what was not sent yet is not sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_is_dropped_loses_nothing_of_others() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE)).await;
    redis.freeze().await;
    let mut first = Box::pin(worker.queue.push(job(1)));
    begin(&mut first).await;
    let mut second = Box::pin(worker.queue.push(job(2)));
    begin(&mut second).await;
    let mut third = Box::pin(worker.queue.push(job(3)));
    begin(&mut third).await;
    drop((first, second));
    redis.thaw().await;
    soon(third).await.unwrap();
    assert_eq!(numbers(&worker.queue, 2).await, [1, 3]);
    assert_eq!(redis.kept().await, 0);
}

/// There is always another job that waits, so that none is looked for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_much_to_do_takes_what_is_due() {
    let redis = start().await;
    let worker = redis.queue(POLICY.lease(LEASE)).await;
    let later = Job { delay: Some(Duration::from_millis(300)), ..job(7) };
    soon(worker.queue.push(later)).await.unwrap();
    for number in [1; 20] {
        soon(worker.queue.push(job(number))).await.unwrap();
    }
    let taken = async {
        while numbers(&worker.queue, 1).await == [1] {
            worker.queue.push(job(1)).await.unwrap();
        }
    };
    soon(taken).await;
}
