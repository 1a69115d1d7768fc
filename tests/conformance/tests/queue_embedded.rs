//! The queue bridge on the local disk. Processes that are killed have tests of their own: `embedded_adapter`.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::{Arc, Mutex};

use pontoon::adapter::QueueAdapter;
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::embedded::EmbeddedQueues;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, POLICY};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tempfile::TempDir;

/// A folder, and who has it open.
struct Folder {
    folder: TempDir,
    queues: Mutex<Arc<EmbeddedQueues>>,
}

async fn start() -> Folder {
    let folder = tempfile::tempdir().unwrap();
    let queues = Mutex::new(Arc::new(EmbeddedQueues::new(folder.path())));
    Folder { folder, queues }
}

impl Folder {
    fn queues(&self) -> Arc<EmbeddedQueues> {
        Arc::clone(&*self.queues.lock().unwrap())
    }
}

impl Backend for Folder {
    /// Whoever opens the folder next, reads it from the disk.
    async fn kill(&self) {
        self.queues().close().await;
    }

    async fn restart(&self) {
        *self.queues.lock().unwrap() = Arc::new(EmbeddedQueues::new(self.folder.path()));
    }
}

impl Harness for Folder {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Embedded).unwrap()
    }

    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        self.queues()
    }

    async fn kept(&self) -> u64 {
        let depth = self.adapter().queue(self.subject(), POLICY).depth().await.unwrap();
        (depth.waiting + depth.delayed.unwrap() + depth.leased.unwrap()) as u64
    }
}

queue_suite!(start, start);
