//! A queue on the local disk: a process keeps it, does its jobs, and is what is killed.

use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::embedded::EmbeddedQueues;
use pontoon::adapter::{JobQueue, QueueAdapter, Settlement};
use tempfile::TempDir;
use tokio::sync::{OnceCell, watch};
use tokio::task::{JoinSet, block_in_place};
use tokio::time::sleep;

use super::{Held, SoakedQueue, Tally};
use crate::keeper::{Answer, Keeper, POLICY, QUEUE, Question};
use crate::system::counts::Counts;

/// How many jobs are done at a time.
const WORKERS: usize = 32;

/// A queue on the local disk, and the process that keeps it.
pub(super) struct QueueOnDisk {
    program: String,
    folder: TempDir,
    /// Nothing while it is killed.
    keeper: watch::Sender<Option<Arc<Keeper>>>,
    done: Arc<Counts>,
    rest: OnceCell<Rest>,
}

/// What is left once no process is killed any more, and those who do it. Dropped, they end.
struct Rest {
    _bridge: EmbeddedQueues,
    queue: Arc<dyn JobQueue>,
    workers: JoinSet<()>,
}

impl QueueOnDisk {
    pub(super) async fn start(program: &str, tally: &Tally) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let (program, done) = (program.to_owned(), Arc::clone(&tally.done));
        let queue = Self { program, folder, keeper: watch::Sender::new(None), done, rest: OnceCell::new() };
        queue.begin();
        queue
    }

    /// Starts the process, with those that have jobs done there until it is gone.
    fn begin(&self) {
        let keeper = Arc::new(block_in_place(|| Keeper::start(&self.program, self.folder.path())));
        for _ in 0..WORKERS {
            let (keeper, done) = (Arc::clone(&keeper), Arc::clone(&self.done));
            tokio::spawn(async move {
                while keeper.ask(Question::Take(Some(0))).await.is_some() {
                    count(&keeper, &done);
                }
            });
        }
        self.keeper.send_replace(Some(keeper));
    }

    /// SIGKILL.
    fn kill(&self) {
        if let Some(keeper) = self.keeper.send_replace(None) {
            block_in_place(|| keeper.kill());
            count(&keeper, &self.done);
        }
    }

    /// Does here what the process has left.
    async fn take_over(&self) -> Result<Rest, BridgeError> {
        self.kill();
        let bridge = EmbeddedQueues::new(self.folder.path());
        let queue = bridge.queue(QUEUE, POLICY);
        bridge.connect().await?;
        let mut rest = Rest { _bridge: bridge, queue, workers: JoinSet::new() };
        for _ in 0..WORKERS {
            let (queue, done) = (Arc::clone(&rest.queue), Arc::clone(&self.done));
            rest.workers.spawn(async move {
                while let Some(delivery) = queue.next().await {
                    done.count(delivery.message.decode::<u32>().expect("a number").into());
                    queue.settle(&delivery, Settlement::Ack).await.expect("it is done");
                }
            });
        }
        Ok(rest)
    }

    /// The process, as soon as there is one.
    async fn keeper(&self) -> Arc<Keeper> {
        let mut keeper = self.keeper.subscribe();
        // The sender lives in `self`.
        let there = keeper.wait_for(Option::is_some).await;
        there.ok().and_then(|keeper| keeper.clone()).expect("a process")
    }
}

/// Counts what was done since somebody has counted.
fn count(keeper: &Keeper, done: &Counts) {
    for number in keeper.take_worked() {
        done.count(number.into());
    }
}

impl SoakedQueue for QueueOnDisk {
    async fn send(&self, number: u64) -> bool {
        let number = u32::try_from(number).expect("a number that a keeper takes");
        matches!(self.keeper().await.ask(Question::Push(number)).await, Some(Answer::Done))
    }

    async fn crash(&self) {
        self.kill();
        sleep(Duration::from_millis(500)).await;
        self.begin();
    }

    /// Kills the process for good: from then on this one has the folder, and does what is left.
    async fn held(&self) -> Result<Held, BridgeError> {
        Held::by(&self.rest.get_or_try_init(async || self.take_over().await).await?.queue).await
    }
}
