//! Processes that are killed with SIGKILL: what was answered for is there, and is done.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use pontoon::adapter::embedded::EmbeddedQueues;
use pontoon::adapter::{QueueAdapter, Settlement};
use pontoon_conformance::adapter::{soon, until};
use pontoon_conformance::keeper::{Answer, Keeper, POLICY, QUEUE, Question};
use tokio::task::block_in_place;
use tokio::time::timeout;

use super::open;

fn keeper(folder: &Path) -> Arc<Keeper> {
    Arc::new(block_in_place(|| Keeper::start(env!("CARGO_BIN_EXE_keeper"), folder)))
}

/// Has jobs pushed, by eight at a time, and kills whoever keeps them again and again on the way. What was sent is done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_anywhere_between_push_and_acknowledgement() {
    const JOBS: u32 = 1000;
    let folder = tempfile::tempdir().unwrap();
    let (next, mut sent, mut done) = (Arc::new(AtomicU32::new(0)), BTreeSet::new(), BTreeSet::new());
    let mut kills = 0;
    while next.load(Ordering::Relaxed) < JOBS || !done.is_superset(&sent) {
        assert!(kills < 100, "{} sent, {} done", sent.len(), done.len());
        let keeper = keeper(folder.path());
        let pushers: Vec<_> = (0..8)
            .map(|_| {
                let (keeper, next) = (Arc::clone(&keeper), Arc::clone(&next));
                tokio::spawn(async move {
                    let mut sent = Vec::new();
                    loop {
                        let number = next.fetch_add(1, Ordering::Relaxed);
                        if number >= JOBS {
                            return sent;
                        }
                        match keeper.ask(Question::Push(number)).await {
                            Some(Answer::Done) => sent.push(number),
                            None => return sent,
                            Some(other) => panic!("{other:?}"),
                        }
                    }
                })
            })
            .collect();
        for _ in 0..4 {
            let keeper = Arc::clone(&keeper);
            tokio::spawn(async move { while keeper.ask(Question::Take(Some(1))).await.is_some() {} });
        }
        // In the middle of something, wherever that is.
        let enough = 30 + 17 * kills;
        let missing = sent.difference(&done).count();
        let is_over = || next.load(Ordering::Relaxed) >= JOBS;
        until("it has got somewhere", || {
            let worked = keeper.worked().len();
            worked >= enough || is_over() && worked >= missing
        })
        .await;
        block_in_place(|| keeper.kill());
        for pusher in pushers {
            sent.extend(soon(pusher).await.unwrap());
        }
        done.extend(keeper.worked());
        kills += 1;
    }
    assert!(kills >= 5 && sent.len() + 8 * kills >= JOBS as usize, "{} sent, killed {kills} times", sent.len());
}

/// A job that ends its process is given up after its attempts: they are counted before it is handed out.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn attempts_are_counted_though_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    {
        let keeper = keeper(folder.path());
        for number in 0..50 {
            assert!(matches!(soon(keeper.ask(Question::Push(number))).await, Some(Answer::Done)));
        }
        block_in_place(|| keeper.kill());
    }
    for attempt in 1..=4 {
        let keeper = keeper(folder.path());
        let answer = soon(keeper.ask(Question::Take(None))).await;
        assert!(matches!(answer, Some(Answer::Job(0, counted)) if counted == attempt), "{answer:?}");
        block_in_place(|| keeper.kill());
    }
    // Those behind it have not been tried.
    let bridge = EmbeddedQueues::new(folder.path());
    let queue = bridge.queue(QUEUE, POLICY);
    soon(bridge.connect()).await.unwrap();
    for (number, attempt) in (0..50).map(|number| (number, if number == 0 { 5 } else { 1 })) {
        let delivery = soon(queue.next()).await.unwrap();
        assert_eq!((delivery.message.decode::<u32>().unwrap(), delivery.attempt), (number, attempt));
        soon(queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
}

/// One of those that were being tried when a process was killed may have ended it: each is tried while none of the
/// others is, and has one more attempt at most for what another does. What is new does not wait for them.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_ends_its_process_takes_no_other_with_it() {
    let folder = tempfile::tempdir().unwrap();
    {
        let keeper = keeper(folder.path());
        for number in 0..4 {
            assert!(matches!(soon(keeper.ask(Question::Push(number))).await, Some(Answer::Done)));
        }
        for number in 0..4 {
            let answer = soon(keeper.ask(Question::Take(None))).await;
            assert!(matches!(answer, Some(Answer::Job(of, 1)) if of == number), "{answer:?}");
        }
        block_in_place(|| keeper.kill());
    }
    for attempt in 2..=4 {
        let keeper = keeper(folder.path());
        let new = 2 + attempt;
        assert!(matches!(soon(keeper.ask(Question::Push(new))).await, Some(Answer::Done)));
        let taken = [soon(keeper.ask(Question::Take(None))).await, soon(keeper.ask(Question::Take(Some(0)))).await];
        assert!(matches!(taken[0], Some(Answer::Job(0, counted)) if counted == attempt), "{taken:?}");
        assert!(matches!(taken[1], Some(Answer::Job(number, 1)) if number == new), "{taken:?}");
        until("that one is done", || keeper.worked() == [new]).await;
        block_in_place(|| keeper.kill());
    }
    // The next one comes once it is given up.
    let bridge = EmbeddedQueues::new(folder.path());
    let queue = bridge.queue(QUEUE, POLICY);
    soon(bridge.connect()).await.unwrap();
    for (number, attempt) in [(0, 5), (1, 2), (2, 2), (3, 2)] {
        let delivery = soon(queue.next()).await.unwrap();
        assert_eq!((delivery.message.decode::<u32>().unwrap(), delivery.attempt), (number, attempt));
        assert!(timeout(Duration::from_millis(100), queue.next()).await.is_err(), "another is tried beside it");
        soon(queue.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
}

/// After many jobs the folder has what waits and what was given up, and nothing of those that are done.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn done_jobs_are_removed() {
    const JOBS: u32 = 100_000;
    let folder = tempfile::tempdir().unwrap();
    let opened = Arc::new(open(folder.path(), POLICY).await);
    let pushing: Vec<_> = (0..64)
        .map(|lane| {
            let opened = Arc::clone(&opened);
            tokio::spawn(async move {
                for number in (lane..JOBS).step_by(64) {
                    opened.push(number).await;
                }
            })
        })
        .collect();
    let taking: Vec<_> = (0..64)
        .map(|lane| {
            let opened = Arc::clone(&opened);
            tokio::spawn(async move {
                for _ in (lane..JOBS).step_by(64) {
                    let delivery = opened.queue.next().await.unwrap();
                    let number: u32 = delivery.message.decode().unwrap();
                    let settlement = match number % 10_000 {
                        0 => Settlement::DeadLetter("one of ten thousand".to_owned()),
                        _ => Settlement::Ack,
                    };
                    opened.queue.settle(&delivery, settlement).await.unwrap();
                }
            })
        })
        .collect();
    for task in pushing.into_iter().chain(taking) {
        task.await.unwrap();
    }
    for number in 0..5 {
        opened.push(number).await;
    }
    Arc::into_inner(opened).unwrap().close().await;
    // What is counted now is what the disk has.
    let opened = open(folder.path(), POLICY).await;
    let depth = soon(opened.queue.depth()).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (5, Some(0), Some(0)));
    assert_eq!(soon(opened.queue.dead_letters(0)).await.unwrap().len(), 10);
    for number in 0..5 {
        assert_eq!(opened.take().await, (number, 1));
    }
}
