//! Jobs that arrive, are tried again, and are done.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;
use pontoon::adapter::{Job, Message, Metadata, Settlement};
use pontoon::{BridgeError, Id, Instant};

use super::harness::{Harness, POLICY, is_quiet, job, next, number, numbers, push, settle, take};
use crate::adapter::{soon, until};

/// A job that says all about itself that can be said.
fn talkative() -> Job {
    let metadata = Metadata {
        causation: Some(Id::random()),
        correlation: Id::random(),
        principal: Some("ada".into()),
        tenant: Some("Zoë 🦀".into()),
        hops: 3,
        ..Metadata::new()
    };
    Job { message: Message::received(metadata, r#"{"text":"\"é\"","number":1.50}"#), ..job(0) }
}

/// All that a message says about itself.
fn said(message: &Message) -> String {
    format!("{:?}", message.metadata())
}

pub async fn a_job_arrives_as_it_was_put_in(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    let sent = talkative();
    soon(worker.queue.push(sent.clone())).await.unwrap();
    let delivery = next(&worker.queue).await;
    assert_eq!(delivery.attempt, 1);
    assert_eq!(said(&delivery.message), said(&sent.message));
    assert_eq!(delivery.message.json().unwrap(), sent.message.json().unwrap());
    settle(&worker.queue, &delivery, Settlement::Ack).await;
    assert!(is_quiet(&worker.queue).await);
}

pub async fn what_a_job_says_about_itself_survives_attempts_and_dead_letters(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    let sent = talkative();
    soon(worker.queue.push(sent.clone())).await.unwrap();
    for attempt in 1..=2 {
        let delivery = next(&worker.queue).await;
        assert_eq!((delivery.attempt, said(&delivery.message)), (attempt, said(&sent.message)));
        settle(&worker.queue, &delivery, Settlement::Retry(std::time::Duration::ZERO)).await;
    }
    let delivery = next(&worker.queue).await;
    settle(&worker.queue, &delivery, Settlement::DeadLetter("it rains".to_owned())).await;
    let letters = soon(worker.queue.dead_letters(0)).await.unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!((letters[0].attempts, &*letters[0].reason), (3, "it rains"));
    assert_eq!(said(&letters[0].message), said(&sent.message));
    assert_eq!(letters[0].message.json().unwrap(), sent.message.json().unwrap());
}

pub async fn of_many_workers_one_has_each_job(harness: &impl Harness) {
    let first = harness.queue(POLICY).await;
    let mut workers = vec![Arc::clone(&first.queue)];
    let others = match harness.stays_in_process() {
        true => Vec::new(),
        false => vec![harness.queue(POLICY).await, harness.queue(POLICY).await],
    };
    workers.extend(others.iter().map(|worker| Arc::clone(&worker.queue)));
    let done = Arc::new(std::sync::Mutex::new(Vec::new()));
    let tasks: Vec<_> = workers
        .iter()
        .flat_map(|queue| std::iter::repeat_n(queue, 4))
        .map(|queue| {
            let (queue, done) = (Arc::clone(queue), Arc::clone(&done));
            tokio::spawn(async move {
                while let Some(delivery) = queue.next().await {
                    done.lock().unwrap().push(number(&delivery));
                    tokio::task::yield_now().await;
                    settle(&queue, &delivery, Settlement::Ack).await;
                }
            })
        })
        .collect();
    for number in 0..300 {
        push(&first.queue, number).await.unwrap();
    }
    until("all are done", || done.lock().unwrap().len() >= 300).await;
    assert!(soon(first.queue.depth()).await.unwrap().waiting == 0);
    for task in tasks {
        task.abort();
    }
    let mut times = BTreeMap::new();
    done.lock().unwrap().iter().for_each(|number| *times.entry(*number).or_insert(0) += 1);
    assert_eq!(times.len(), 300);
    assert!(times.values().all(|times| *times == 1), "{times:?}");
}

pub async fn a_failing_job_is_tried_again_after_its_pause(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    let first = next(&worker.queue).await;
    let failed = Instant::now();
    settle(&worker.queue, &first, Settlement::Retry(std::time::Duration::from_millis(700))).await;
    push(&worker.queue, 2).await.unwrap();
    assert_eq!(take(&worker.queue).await, 2, "others do not wait for it");
    let second = next(&worker.queue).await;
    assert!(failed.elapsed().as_millis() >= 700);
    assert_eq!((number(&second), second.attempt), (1, 2));
    assert_eq!(second.message.metadata().id, first.message.metadata().id);
    settle(&worker.queue, &second, Settlement::Ack).await;
    assert!(is_quiet(&worker.queue).await);
}

pub async fn what_is_given_back_is_somebody_elses_next_attempt(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    let first = next(&worker.queue).await;
    settle(&worker.queue, &first, Settlement::Release).await;
    let second = next(&worker.queue).await;
    assert_eq!((number(&second), second.attempt), (1, 2));
    settle(&worker.queue, &second, Settlement::Ack).await;
}

pub async fn a_postponed_job_has_had_no_attempt(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    push(&worker.queue, 1).await.unwrap();
    let first = next(&worker.queue).await;
    settle(&worker.queue, &first, Settlement::Postpone(std::time::Duration::from_millis(300))).await;
    let second = next(&worker.queue).await;
    assert_eq!((number(&second), second.attempt), (1, 1));
    settle(&worker.queue, &second, Settlement::Ack).await;
}

pub async fn a_job_over_the_limit_is_refused(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    let limit = harness.row().largest_payload;
    if limit == u64::MAX {
        let large = Message::new(Metadata::new(), "x".repeat(1 << 20));
        return soon(worker.queue.push(Job { message: large, ..job(0) })).await.unwrap();
    }
    let text = "x".repeat(usize::try_from(limit).unwrap());
    let large = Message::new(Metadata::new(), text);
    assert!(matches!(worker.queue.check(&large), Err(BridgeError::TooLarge { .. })));
    let refused = soon(worker.queue.push(Job { message: large, ..job(0) })).await;
    assert!(matches!(refused, Err(BridgeError::TooLarge { .. })), "{refused:?}");
    push(&worker.queue, 7).await.unwrap();
    assert_eq!(take(&worker.queue).await, 7);
}

/// What nobody has begun is not lost, nor has it had an attempt.
pub async fn a_worker_that_stops_gives_back_what_it_has_not_begun(harness: &impl Harness) {
    let worker = harness.queue(POLICY).await;
    for number in 0..50 {
        push(&worker.queue, number).await.unwrap();
    }
    assert_eq!(take(&worker.queue).await, 0);
    if harness.stays_in_process() {
        soon(worker.adapter.drain()).await;
        assert_eq!(numbers(&worker.queue, 49).await, (1..50).collect::<Vec<_>>());
        return;
    }
    soon(worker.adapter.drain()).await;
    assert!(soon(worker.queue.next()).await.is_none(), "nothing new is taken");
    let other = harness.queue(POLICY).await;
    let mut left = Vec::new();
    for _ in 1..50 {
        let delivery = next(&other.queue).await;
        left.push((number(&delivery), delivery.attempt));
        settle(&other.queue, &delivery, Settlement::Ack).await;
    }
    left.sort_unstable();
    // One may have been on its way to a worker.
    assert_eq!(left.iter().map(|(number, _)| *number).collect::<Vec<_>>(), (1..50).collect::<Vec<_>>());
    soon(worker.adapter.close()).await;
}

/// After 100,000 jobs the backend has those that wait, and no more.
pub async fn what_is_done_is_removed(harness: &impl Harness) {
    const JOBS: u32 = 100_000;
    const SENDERS: u32 = 64;
    let worker = harness.queue(POLICY).await;
    let done = Arc::new(std::sync::atomic::AtomicU32::new(0));
    let workers: Vec<_> = (0..64)
        .map(|_| {
            let (queue, done) = (Arc::clone(&worker.queue), Arc::clone(&done));
            tokio::spawn(async move {
                while let Some(delivery) = queue.next().await {
                    settle(&queue, &delivery, Settlement::Ack).await;
                    done.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                }
            })
        })
        .collect();
    let senders = (0..SENDERS).map(|sender| {
        let queue = Arc::clone(&worker.queue);
        tokio::spawn(async move {
            for number in (sender..JOBS).step_by(SENDERS as usize) {
                push(&queue, number).await.unwrap();
            }
        })
    });
    for sent in join_all(senders).await {
        sent.unwrap();
    }
    let is_done = || done.load(std::sync::atomic::Ordering::Relaxed) >= JOBS;
    let patience = std::time::Duration::from_secs(240);
    let waited = tokio::time::timeout(patience, async {
        while !is_done() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    });
    assert!(waited.await.is_ok(), "{} of {JOBS} are done", done.load(std::sync::atomic::Ordering::Relaxed));
    for worker in workers {
        worker.abort();
    }
    let sender = match harness.stays_in_process() {
        true => worker,
        false => {
            soon(worker.adapter.close()).await;
            harness.queue(POLICY).await
        }
    };
    for number in 0..5 {
        push(&sender.queue, number).await.unwrap();
    }
    let begun = Instant::now();
    loop {
        let kept = harness.kept().await;
        if kept == 5 {
            break;
        }
        assert!(begun.elapsed().as_secs() < 30, "the backend has {kept} jobs");
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}
