//! What is special about the local disk: its folder, its format, its leases, and what a process leaves behind that is
//! killed.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests, where no #[test] stands on them")]

mod bounds;
mod damage;
mod events;
mod folder;
mod kills;
mod leases;
mod restarts;
mod room;

use std::path::Path;
use std::sync::Arc;

use pontoon::adapter::embedded::EmbeddedQueues;
use pontoon::adapter::{Job, JobQueue, QueueAdapter, QueuePolicy, Settlement};
use pontoon_conformance::adapter::{message, soon};

/// The queue of a case.
const QUEUE: &str = "suite.queue.jobs.v1";

/// A bridge on a folder, with one queue.
struct Opened {
    bridge: EmbeddedQueues,
    queue: Arc<dyn JobQueue>,
}

async fn open(folder: &Path, policy: QueuePolicy) -> Opened {
    let bridge = EmbeddedQueues::new(folder);
    let queue = bridge.queue(QUEUE, policy);
    soon(bridge.connect()).await.expect("an open folder");
    Opened { bridge, queue }
}

impl Opened {
    /// Closes the folder: whoever opens it next, reads it from the disk.
    async fn close(self) {
        soon(self.bridge.close()).await;
    }

    async fn push(&self, number: u32) {
        soon(self.queue.push(job(number))).await.expect("accepted");
    }

    /// Takes the next job and is done with it: its number and attempt.
    async fn take(&self) -> (u32, u32) {
        let delivery = soon(self.queue.next()).await.expect("a job");
        soon(self.queue.settle(&delivery, Settlement::Ack)).await.expect("settled");
        (delivery.message.decode().unwrap(), delivery.attempt)
    }
}

fn job(number: u32) -> Job {
    Job { message: message(number), delay: None, deduplication: None }
}
