//! Queues in memory: leases, attempts, delay, deduplication, bounds, depth. Q01 to Q07 of the conformance suite.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::in_memory::InMemoryQueues;
use pontoon::adapter::{Delivery, Job, JobQueue, QueueAdapter, Settlement};
use pontoon::adapter::{Message, Metadata, QueuePolicy, WhenFull};
use pontoon::{BridgeError, Instant};

use crate::contract::{lab, queue};
use crate::script::{Act, Script};
use crate::unit::start;

const SECOND: Duration = Duration::from_secs(1);
const POLICY: QueuePolicy =
    QueuePolicy::new().lease(Duration::from_secs(30)).bound(3).remember(Duration::from_secs(60));

fn queue(policy: QueuePolicy) -> Arc<dyn JobQueue> {
    InMemoryQueues::new().queue("shop.queue.test", policy)
}

fn job(number: u64) -> Job {
    Job { message: Message::new(Metadata::new(), number), delay: None, deduplication: None }
}

fn number(delivery: &Delivery) -> u64 {
    delivery.message.decode().unwrap()
}

/// Q01.
#[tokio::test(start_paused = true)]
async fn competing_workers_do_every_job_once() {
    let script = Script::new();
    script.next("toil", [Act::Wait(SECOND); 20]);
    let unit = start(&script).await;
    for number in 1000..1020 {
        unit.client().invoke(lab::Post, number).await.unwrap();
    }
    unit.settled().await;
    let runs = script.runs("toil");
    assert_eq!((runs.len(), runs.iter().map(|run| run.input.clone()).collect::<HashSet<_>>().len()), (20, 20));
    let most =
        runs.iter().map(|run| runs.iter().filter(|other| other.at >= run.at && other.at < run.at + SECOND).count());
    assert_eq!(most.max(), Some(2), "as many at a time as the worker's concurrency");
}

/// Q02: the runtime extends the lease while the handler runs.
#[tokio::test(start_paused = true)]
async fn a_lease_lasts_as_long_as_the_handler() {
    let script = Script::new();
    script.next("toil", [Act::Wait(300 * SECOND)]);
    let unit = start(&script).await;
    unit.client().invoke(lab::Post, 1000).await.unwrap();
    unit.settled().await;
    let runs = script.runs("toil");
    assert_eq!(runs.len(), 1);
    assert!(runs[0].done);
}

/// Q02: a worker that does not extend it loses the job, and its late answer is refused.
#[tokio::test(start_paused = true)]
async fn a_job_whose_lease_is_over_is_another_workers() {
    let queue = queue(POLICY);
    queue.push(job(1)).await.unwrap();
    let first = queue.next().await.unwrap();
    tokio::time::advance(20 * SECOND).await;
    queue.extend(&first).await.unwrap();
    let before = Instant::now();
    let second = queue.next().await.unwrap();
    assert!((30 * SECOND..31 * SECOND).contains(&before.elapsed()));
    assert_eq!((first.attempt, second.attempt), (1, 2));
    assert_eq!(first.message.metadata().id, second.message.metadata().id);
    assert!(matches!(queue.extend(&first).await, Err(BridgeError::LeaseLost)));
    assert!(matches!(queue.settle(&first, Settlement::Ack).await, Err(BridgeError::LeaseLost)));
    queue.settle(&second, Settlement::Ack).await.unwrap();
    assert_eq!(queue.unfinished(Instant::now() + 100 * SECOND), 0);
}

/// E07, E08 with jobs.
#[tokio::test(start_paused = true)]
async fn a_failing_job_is_tried_again_and_given_up() {
    let script = Script::new();
    script.next("toil", [Act::Fail, Act::Panic, Act::Fail]);
    let unit = start(&script).await;
    unit.client().tenant("acme").invoke(lab::Post, 1000).await.unwrap();
    unit.settled().await;
    let runs = script.runs("toil");
    assert_eq!(runs.iter().map(|run| run.attempt).collect::<Vec<_>>(), [1, 2, 3]);
    assert!(runs[1].at - runs[0].at >= SECOND / 2 && runs[2].at - runs[1].at >= SECOND);
    let letters = unit.dead_letters(lab::Toil).list().await.unwrap();
    assert_eq!((letters.len(), letters[0].payload, letters[0].attempts), (1, Some(1000), 3));
    assert_eq!(letters[0].metadata.tenant.as_deref(), Some("acme"));
    assert_eq!(unit.dead_letters(lab::Toil).replay_all().await.unwrap(), 1);
    unit.settled().await;
    let last = script.runs("toil").pop().unwrap();
    assert_eq!((last.id, last.done), (letters[0].metadata.id, true));
}

/// Q06.
#[tokio::test(start_paused = true)]
async fn dead_letters_can_be_purged() {
    let script = Script::new();
    script.next("toil", [Act::Fail; 3]);
    let unit = start(&script).await;
    unit.client().invoke(lab::Post, 1000).await.unwrap();
    unit.settled().await;
    assert_eq!(unit.dead_letters(lab::Toil).purge().await.unwrap(), 1);
    assert!(unit.dead_letters(lab::Toil).list().await.unwrap().is_empty());
}

/// Q03.
#[tokio::test(start_paused = true)]
async fn a_delayed_job_comes_at_its_time() {
    let queue = queue(POLICY);
    let before = Instant::now();
    queue.push(Job { delay: Some(60 * SECOND), ..job(1) }).await.unwrap();
    queue.push(job(2)).await.unwrap();
    let second = queue.next().await.unwrap();
    assert_eq!(number(&second), 2);
    queue.settle(&second, Settlement::Ack).await.unwrap();
    assert_eq!(queue.depth().await.unwrap().delayed, Some(1));
    assert_eq!(number(&queue.next().await.unwrap()), 1);
    assert!((60 * SECOND..61 * SECOND).contains(&before.elapsed()));
}

/// Q03: all workers are busy or asleep when it is time.
#[tokio::test(start_paused = true)]
async fn a_delayed_job_wakes_a_worker_while_another_is_busy() {
    let queue = queue(POLICY.lease(3600 * SECOND));
    let workers: Vec<_> = (0..2)
        .map(|_| {
            let queue = Arc::clone(&queue);
            tokio::spawn(async move { number(&queue.next().await.unwrap()) })
        })
        .collect();
    tokio::time::sleep(SECOND).await;
    let before = Instant::now();
    queue.push(Job { delay: Some(10 * SECOND), ..job(1) }).await.unwrap();
    queue.push(job(2)).await.unwrap();
    let mut done = Vec::new();
    for worker in workers {
        done.push(worker.await.unwrap());
    }
    assert!((10 * SECOND..11 * SECOND).contains(&before.elapsed()));
    done.sort_unstable();
    assert_eq!(done, [1, 2]);
}

/// Q04.
#[tokio::test(start_paused = true)]
async fn a_second_job_with_the_same_id_is_left_out() {
    let queue = queue(POLICY);
    let with_id = |number, id: &str| Job { deduplication: Some(id.to_owned()), ..job(number) };
    for (number, id) in [(1, "a"), (2, "a"), (3, "b")] {
        queue.push(with_id(number, id)).await.unwrap();
    }
    assert_eq!(queue.depth().await.unwrap().waiting, 2);
    tokio::time::advance(61 * SECOND).await;
    queue.push(with_id(4, "a")).await.unwrap();
    assert_eq!(queue.depth().await.unwrap().waiting, 3, "its window is over");
}

/// Two tenants may use the same words.
#[tokio::test(start_paused = true)]
async fn a_deduplication_id_is_its_tenants() {
    let script = Script::new();
    script.next("toil", [Act::Hold; 2]);
    let unit = start(&script).await;
    for (number, tenant) in [(1990, "a"), (1991, "b"), (1992, "a"), (1993, "b")] {
        unit.client().tenant(tenant).invoke(lab::Post, number).await.unwrap();
    }
    unit.client().invoke(lab::Post, 1994).await.unwrap();
    let depth = unit.depth(queue::Tasks).await.unwrap();
    assert_eq!(depth.waiting + depth.leased.unwrap(), 3, "{depth:?}");
    script.release();
    unit.settled().await;
}

/// Q05.
#[tokio::test(start_paused = true)]
async fn what_happens_when_a_queue_is_full() {
    let waiting = queue(POLICY);
    let refusing = queue(POLICY.when_full(WhenFull::Refuse));
    let dropping = queue(POLICY.when_full(WhenFull::DropOldest));
    for queue in [&waiting, &refusing, &dropping] {
        for number in 1..=3 {
            queue.push(job(number)).await.unwrap();
        }
    }
    assert!(matches!(refusing.push(job(4)).await, Err(BridgeError::Full { at: "shop.queue.test" })));
    dropping.push(job(4)).await.unwrap();
    assert_eq!(number(&dropping.next().await.unwrap()), 2);
    let mut fourth = waiting.push(job(4));
    assert!(tokio::time::timeout(SECOND, &mut fourth).await.is_err());
    assert_eq!(number(&waiting.next().await.unwrap()), 1);
    fourth.await.unwrap();
}

/// Q07.
#[tokio::test(start_paused = true)]
async fn depth_and_age_are_known() {
    let script = Script::new();
    script.next("toil", [Act::Hold; 2]);
    let unit = start(&script).await;
    for number in 1000..1005 {
        unit.client().invoke(lab::Post, number).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    let depth = unit.depth(queue::Tasks).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (3, Some(0), Some(2)));
    assert!(depth.age.is_some_and(|age| (3 * SECOND..4 * SECOND).contains(&age)), "{depth:?}");
    script.release();
    unit.settled().await;
    let depth = unit.depth(queue::Tasks).await.unwrap();
    assert_eq!((depth.waiting, depth.delayed, depth.leased), (0, Some(0), Some(0)));
}

/// E19 with jobs.
#[tokio::test(start_paused = true)]
async fn a_closed_queue_is_an_error() {
    let bridge = InMemoryQueues::new();
    let queue = bridge.queue("shop.queue.test", POLICY);
    bridge.close().await;
    bridge.close().await;
    assert!(matches!(queue.push(job(1)).await, Err(BridgeError::Closed)));
    assert!(queue.next().await.is_none());
}
