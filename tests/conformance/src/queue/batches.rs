//! Jobs that are handled in batches: each is done once, or comes again by itself.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use pontoon::Started;
use pontoon::adapter::JobQueue;
use pontoon::generated::Queue;

use super::harness::{Harness, push};
use crate::adapter::{soon, until};
use crate::gatherer::{Gather, Gathered, Gatherer, MOST, Numbers, working};

/// A process that takes jobs in batches.
struct Working {
    unit: Started<Gatherer<Gather>>,
    queue: Arc<dyn JobQueue>,
}

impl Working {
    async fn begin(harness: &impl Harness, gathered: &Gathered) -> Self {
        let adapter = harness.adapter();
        let queue = adapter.queue(harness.subject(), Numbers::POLICY);
        let unit = soon(working(gathered, adapter, harness.subject())).await.expect("it starts");
        Self { unit, queue }
    }

    async fn push(&self, numbers: std::ops::Range<u32>) {
        let numbers: Vec<u32> = numbers.collect();
        for some in numbers.chunks(100) {
            for pushed in soon(join_all(some.iter().map(|number| push(&self.queue, *number)))).await {
                pushed.expect("it is safe");
            }
        }
    }

    async fn end(self) {
        soon(self.unit.shutdown()).await.expect("nothing is under way");
    }
}

async fn until_nothing_is_kept(harness: &impl Harness) {
    soon(async {
        while harness.kept().await > 0 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    })
    .await;
}

pub async fn jobs_in_batches_are_each_done_once(harness: &impl Harness) {
    const JOBS: u32 = 20 * MOST;
    let gathered = Gathered::default();
    let working = Working::begin(harness, &gathered).await;
    working.push(0..JOBS).await;
    until("all are done", || gathered.numbers().len() >= JOBS as usize).await;
    until_nothing_is_kept(harness).await;
    working.end().await;
    let expected: Vec<_> = (0..JOBS).collect();
    assert_eq!(gathered.numbers(), expected);
    let largest = gathered.runs().iter().map(Vec::len).max();
    assert_eq!(largest, Some(MOST as usize), "a batch becomes full");
}

pub async fn of_a_batch_only_what_fails_comes_again(harness: &impl Harness) {
    let fails = |number: u32| number % 10 == 7;
    let gathered = Gathered::failing((0..MOST).filter(|number| fails(*number)));
    let working = Working::begin(harness, &gathered).await;
    working.push(0..MOST).await;
    let expected: Vec<_> =
        (0..MOST).flat_map(|number| std::iter::repeat_n(number, if fails(number) { 2 } else { 1 })).collect();
    until("all are done", || gathered.numbers().len() >= expected.len()).await;
    until_nothing_is_kept(harness).await;
    working.end().await;
    assert_eq!(gathered.numbers(), expected);
    let again = gathered.runs().into_iter().filter(|run| run.iter().any(|(_, attempt)| *attempt > 1));
    assert!(again.into_iter().all(|run| run.len() == 1), "what is tried again is handled alone");
}

/// Sent is done, if the row says that it is durable.
pub async fn a_backend_that_is_killed_in_mid_batch_loses_nothing(harness: &impl Harness) {
    const JOBS: u32 = 10 * MOST;
    if !harness.row().durable {
        return;
    }
    let gathered = Gathered::default();
    let mut working = Working::begin(harness, &gathered).await;
    harness.settled().await;
    working.push(0..JOBS).await;
    until("work is done", || !gathered.runs().is_empty()).await;
    harness.kill().await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    harness.restart().await;
    if harness.stays_in_process() {
        // That process is gone, and so are its workers.
        drop(working);
        working = Working::begin(harness, &gathered).await;
    }
    let done = || gathered.numbers().into_iter().collect::<BTreeSet<_>>();
    until("all are done", || done().len() == JOBS as usize).await;
    working.end().await;
}
