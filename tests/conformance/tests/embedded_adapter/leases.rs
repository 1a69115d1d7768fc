//! Leases, attempts and dead letters of jobs.

use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::{QueuePolicy, Settlement};
use pontoon_conformance::adapter::{is_quiet, soon};
use std::sync::Arc;

use super::{job, open};

#[tokio::test]
async fn jobs_come_in_their_order_with_their_attempts() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    for number in 0..1000 {
        opened.push(number).await;
    }
    for number in 0..1000 {
        assert_eq!(opened.take().await, (number, 1));
    }
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (0, Some(0), Some(0)));
}

#[tokio::test]
async fn a_lease_that_ends_gives_the_job_to_another_and_refuses_the_first_acknowledgement() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new().lease(Duration::from_millis(300))).await;
    opened.push(7).await;
    let first = soon(opened.queue.next()).await.unwrap();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(150)).await;
        opened.queue.extend(&first).await.expect("it is held");
    }
    let second = soon(opened.queue.next()).await.unwrap();
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!(first.message.metadata().id, second.message.metadata().id);
    assert!(opened.queue.is_lost(&first) && !opened.queue.is_lost(&second));
    let late = soon(opened.queue.settle(&first, Settlement::Ack)).await;
    assert!(matches!(late, Err(BridgeError::LeaseLost)), "{late:?}");
    soon(opened.queue.settle(&second, Settlement::Ack)).await.unwrap();
}

#[tokio::test]
async fn what_is_tried_again_waits_and_counts_and_what_is_postponed_does_not_count() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    opened.push(7).await;
    let mut attempts = Vec::new();
    let pause = Duration::from_millis(200);
    let mut before = std::time::Instant::now();
    for settlement in [Settlement::Retry(pause), Settlement::Postpone(pause), Settlement::Release, Settlement::Ack] {
        let waited = !attempts.is_empty() && attempts.len() < 3;
        let delivery = soon(opened.queue.next()).await.unwrap();
        assert!(!waited || before.elapsed() >= pause, "not before its time");
        attempts.push(delivery.attempt);
        // The pause begins before it is written down.
        before = std::time::Instant::now();
        soon(opened.queue.settle(&delivery, settlement)).await.unwrap();
    }
    assert_eq!(attempts, [1, 2, 2, 3]);
}

#[tokio::test]
async fn a_reader_that_goes_away_leaves_its_job_to_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    for number in 0..200 {
        let waiting = tokio::time::timeout(Duration::from_micros(number % 50 * 20), opened.queue.next());
        let (taken, ()) = tokio::join!(waiting, opened.push(u32::try_from(number).unwrap()));
        let delivery = match taken {
            Ok(delivery) => delivery.unwrap(),
            Err(_) => soon(opened.queue.next()).await.unwrap(),
        };
        assert_eq!(delivery.message.decode::<u64>().unwrap(), number);
        soon(opened.queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_of_many_workers_has_its_share_and_no_job_is_done_twice() {
    let folder = tempfile::tempdir().unwrap();
    let opened = Arc::new(open(folder.path(), QueuePolicy::new()).await);
    let workers = (0..8).map(|_| {
        let opened = Arc::clone(&opened);
        tokio::spawn(async move {
            let mut done = Vec::new();
            loop {
                let (number, attempt) = opened.take().await;
                assert_eq!(attempt, 1);
                if number == u32::MAX {
                    return done;
                }
                done.push(number);
            }
        })
    });
    let workers: Vec<_> = workers.collect();
    let pushers = (0..4).map(|lane| {
        let opened = Arc::clone(&opened);
        tokio::spawn(async move {
            for number in 0..500 {
                opened.push(lane * 500 + number).await;
            }
        })
    });
    for pusher in pushers.collect::<Vec<_>>() {
        pusher.await.unwrap();
    }
    for _ in 0..8 {
        opened.push(u32::MAX).await;
    }
    let mut done = Vec::new();
    for worker in workers {
        done.extend(worker.await.unwrap());
    }
    done.sort_unstable();
    assert!(done.into_iter().eq(0..2000));
}

#[tokio::test]
async fn dead_letters_are_kept_replayed_and_purged() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new().dead_letter()).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        opened.push(number).await;
        let delivery = soon(opened.queue.next()).await.unwrap();
        ids.push(delivery.message.metadata().id);
        let buried = Settlement::DeadLetter(format!("broken {number}"));
        soon(opened.queue.settle(&delivery, buried)).await.unwrap();
    }
    opened.close().await;
    // They outlive whoever gave up.
    let opened = open(folder.path(), QueuePolicy::new().dead_letter()).await;
    let dead = soon(opened.queue.dead_letters(1)).await.unwrap();
    let seen: Vec<_> = dead.iter().map(|dead| (dead.message.metadata().id, &*dead.reason, dead.attempts)).collect();
    assert_eq!(seen, [(ids[1], "broken 1", 1), (ids[2], "broken 2", 1)]);
    assert_eq!(soon(opened.queue.clear_dead_letters(Some(ids[1]), true)).await.unwrap(), 1);
    assert_eq!(soon(opened.queue.clear_dead_letters(Some(ids[1]), true)).await.unwrap(), 0);
    let again = soon(opened.queue.next()).await.unwrap();
    assert_eq!((again.message.metadata().id, again.attempt), (ids[1], 1));
    soon(opened.queue.settle(&again, Settlement::Ack)).await.unwrap();
    assert_eq!(soon(opened.queue.clear_dead_letters(None, false)).await.unwrap(), 2);
    assert!(soon(opened.queue.dead_letters(0)).await.unwrap().is_empty());
    let queue: Arc<dyn pontoon::adapter::Consumer> = opened.queue.clone();
    assert!(is_quiet(&queue).await);
}

#[tokio::test]
async fn depth_and_age_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let opened = open(folder.path(), QueuePolicy::new()).await;
    for number in 0..600 {
        opened.push(number).await;
    }
    let delayed = pontoon::adapter::Job { delay: Some(Duration::from_secs(3600)), ..job(0) };
    soon(opened.queue.push(delayed)).await.unwrap();
    let held = soon(opened.queue.next()).await.unwrap();
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (599, Some(1), Some(1)));
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(soon(opened.queue.depth()).await.unwrap().age > depth.age, "it grows older");
    soon(opened.queue.settle(&held, Settlement::Ack)).await.unwrap();
}
