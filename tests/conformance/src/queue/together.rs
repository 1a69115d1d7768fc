//! Jobs that are put in and settled side by side: each by itself, whatever an adapter sends together.

use std::collections::BTreeSet;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use futures_util::future::{join_all, maybe_done};
use pontoon::BridgeError;
use pontoon::adapter::{Delivery, Job, Message, Metadata, Settlement};

use super::harness::{Harness, POLICY, is_quiet, job, next, number, numbers, settle};
use crate::adapter::soon;

/// How many are put in at a time.
const JOBS: u32 = 40;

/// How many a worker has at a time.
const TAKEN: u32 = 8;

/// Two have each deduplication id, where there are such. The last one is too large.
pub async fn jobs_put_in_side_by_side_have_an_outcome_each(harness: &impl Harness) {
    let row = harness.row();
    let policy = if row.deduplication { POLICY.remember(Duration::from_secs(30)) } else { POLICY };
    let worker = harness.queue(policy).await;
    let id = |number: u32| row.deduplication.then(|| format!("0:{}", number / 2));
    let mut jobs: Vec<_> = (0..JOBS).map(|number| Job { deduplication: id(number), ..job(number) }).collect();
    if row.largest_payload < u64::MAX {
        let text = "x".repeat(usize::try_from(row.largest_payload).unwrap());
        jobs.push(Job { message: Message::new(Metadata::new(), text), ..job(0) });
    }
    let pushed = soon(join_all(jobs.into_iter().map(|job| worker.queue.push(job)))).await;
    for (number, outcome) in (0..).zip(&pushed) {
        let is_right = match number < JOBS {
            true => outcome.is_ok(),
            false => matches!(outcome, Err(BridgeError::TooLarge { .. })),
        };
        assert!(is_right, "{number}: {outcome:?}");
    }
    let left = if row.deduplication { JOBS / 2 } else { JOBS };
    let all = numbers(&worker.queue, left as usize).await;
    let taken: Vec<u32> = all.iter().map(|number| number / if row.deduplication { 2 } else { 1 }).collect();
    assert_eq!(taken, (0..left).collect::<Vec<_>>());
    assert!(is_quiet(&worker.queue).await);
}

/// What becomes of each is its own.
pub async fn jobs_settled_side_by_side_are_settled_each(harness: &impl Harness) {
    let worker = harness.queue(POLICY.lease(Duration::from_secs(30))).await;
    soon(join_all((0..TAKEN).map(|number| worker.queue.push(job(number))))).await.into_iter().for_each(Result::unwrap);
    let mut taken = Vec::new();
    for _ in 0..TAKEN {
        taken.push(next(&worker.queue).await);
    }
    let becomes = |number: u32| match number % 4 {
        0 => Settlement::Retry(Duration::ZERO),
        1 => Settlement::Release,
        2 => Settlement::DeadLetter("it rains".to_owned()),
        _ => Settlement::Ack,
    };
    let settling = taken.iter().map(|delivery| worker.queue.settle(delivery, becomes(number(delivery))));
    soon(join_all(settling)).await.into_iter().for_each(Result::unwrap);
    let mut again = BTreeSet::new();
    for _ in 0..TAKEN / 2 {
        let delivery = next(&worker.queue).await;
        // A broker counts what it delivers, also to a consumer whose window changes meanwhile.
        assert!(delivery.attempt >= 2, "{}", delivery.attempt);
        settle(&worker.queue, &delivery, Settlement::Ack).await;
        again.insert(number(&delivery));
    }
    assert_eq!(again, (0..TAKEN).filter(|number| number % 4 < 2).collect());
    let letters = soon(worker.queue.dead_letters(0)).await.unwrap();
    let dead: BTreeSet<u32> = letters.iter().map(|letter| letter.message.decode().unwrap()).collect();
    assert_eq!(dead, (0..TAKEN).filter(|number| number % 4 == 2).collect());
    assert!(is_quiet(&worker.queue).await);
}

/// Whoever is still there is answered: their jobs are in, and are done once.
pub async fn who_stops_waiting_holds_up_nobody(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    half((0..TAKEN).map(|number| worker.queue.push(job(number)))).await.into_iter().for_each(Result::unwrap);
    let mut taken: Vec<Delivery> = Vec::new();
    while !(0..TAKEN).step_by(2).all(|even| taken.iter().any(|delivery| number(delivery) == even)) {
        taken.push(next(&worker.queue).await);
    }
    let settling = taken.iter().map(|delivery| worker.queue.settle(delivery, Settlement::Ack));
    half(settling).await.into_iter().for_each(Result::unwrap);
    let done: BTreeSet<u32> = taken.iter().step_by(2).map(number).collect();
    // Others may come again, or for the first time.
    while let Ok(Some(delivery)) = tokio::time::timeout(Duration::from_secs(3), worker.queue.next()).await {
        assert!(!done.contains(&number(&delivery)), "{} was done", number(&delivery));
        settle(&worker.queue, &delivery, Settlement::Ack).await;
    }
}

/// Begins all of them, and then drops every other one. Returns the outcomes of those that are left.
async fn half<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|future| Box::pin(maybe_done(future))).collect();
    poll_fn(|context| {
        for future in &mut all {
            let _ = future.as_mut().poll(context);
        }
        Poll::Ready(())
    })
    .await;
    let mut left: Vec<_> = all.into_iter().step_by(2).collect();
    for future in &mut left {
        soon(future.as_mut()).await;
    }
    left.iter_mut().map(|future| future.as_mut().take_output().expect("it has ended")).collect()
}
