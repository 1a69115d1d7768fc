//! What the suite of queue bridges needs of an adapter, and the words its cases are written in.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::{
    Delivery, Job, JobQueue, Message, Metadata, QueueAdapter, QueuePolicy, Settlement, WhenFull, WorkerPolicy,
};

use super::worker::{QueueAddress, WorkerProgram};
use crate::adapter::soon;
use crate::backend::Backend;

/// A backend and whoever rules over it.
pub trait Harness: Backend {
    /// What the adapter can do.
    fn row(&self) -> &'static Bridge;

    /// One more adapter on the backend, not connected yet: what another process would have.
    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        self.address().expect("a queue that other processes reach").open()
    }

    /// Where another process finds the queue; nothing where none can.
    fn address(&self) -> Option<QueueAddress> {
        None
    }

    /// The program that works in a process of its own; nothing where none can.
    fn program(&self) -> Option<WorkerProgram> {
        None
    }

    /// The subject of the queue that the case is about: `shop.queue.toil`.
    fn subject(&self) -> &'static str {
        "shop.queue.toil"
    }

    /// Waits until the backend has written down that there is a queue.
    fn settled(&self) -> impl Future<Output = ()> + Send {
        async {}
    }

    /// How many jobs the backend has of the queue, whatever became of them, but those that were given up: by its own
    /// tools.
    fn kept(&self) -> impl Future<Output = u64> + Send;

    /// One more adapter, connected, and a queue of it.
    fn queue(&self, policy: QueuePolicy) -> impl Future<Output = Worker> + Send {
        async move {
            let adapter = self.adapter();
            let queue = adapter.queue(self.subject(), policy);
            adapter.worker(self.subject(), policy, WorkerPolicy::new(8));
            soon(adapter.connect()).await.expect("a backend that is there is connected");
            Worker { adapter, queue }
        }
    }

    /// Whether the backend lives in this process.
    fn stays_in_process(&self) -> bool {
        !self.row().crosses_processes
    }
}

/// A queue as one process has it.
pub struct Worker {
    pub adapter: Arc<dyn QueueAdapter>,
    pub queue: Arc<dyn JobQueue>,
}

/// The policy of the queue, unless a case says otherwise.
pub const POLICY: QueuePolicy = QueuePolicy::new()
    .lease(Duration::from_secs(2))
    .attempts(3)
    .backoff(Duration::from_millis(200), Duration::from_millis(400))
    .dead_letter()
    .bound(200_000)
    .when_full(WhenFull::Refuse);

/// A job with a number.
pub fn job(number: u32) -> Job {
    Job { message: Message::new(Metadata::new(), number), delay: None, deduplication: None }
}

/// The number of a job.
pub(super) fn number(delivery: &Delivery) -> u32 {
    delivery.message.decode().expect("a number")
}

pub(super) async fn push(queue: &Arc<dyn JobQueue>, number: u32) -> Result<(), BridgeError> {
    soon(queue.push(job(number))).await
}

/// The next job.
pub async fn next(queue: &Arc<dyn JobQueue>) -> Delivery {
    soon(queue.next()).await.expect("the queue has ended")
}

pub(super) async fn settle(queue: &Arc<dyn JobQueue>, delivery: &Delivery, settlement: Settlement) {
    soon(queue.settle(delivery, settlement)).await.expect("it is settled");
}

/// Does the next job.
pub async fn take(queue: &Arc<dyn JobQueue>) -> u32 {
    let delivery = next(queue).await;
    settle(queue, &delivery, Settlement::Ack).await;
    number(&delivery)
}

/// Does so many jobs. Returns their numbers, in the order of the numbers.
pub async fn numbers(queue: &Arc<dyn JobQueue>, count: usize) -> Vec<u32> {
    let mut numbers = Vec::new();
    for _ in 0..count {
        numbers.push(take(queue).await);
    }
    numbers.sort_unstable();
    numbers
}

/// Whether no job comes for a while.
pub(super) async fn is_quiet(queue: &Arc<dyn JobQueue>) -> bool {
    tokio::time::timeout(Duration::from_millis(400), queue.next()).await.is_err()
}
