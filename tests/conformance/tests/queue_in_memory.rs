//! The queue bridge in memory.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::{Arc, Mutex};

use pontoon::adapter::QueueAdapter;
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::in_memory::InMemoryQueues;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, POLICY};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};

/// The queues live in the process, and go with it.
struct Process(Mutex<Arc<InMemoryQueues>>);

async fn start() -> Process {
    Process(Mutex::default())
}

impl Backend for Process {
    async fn kill(&self) {
        *self.0.lock().unwrap() = Arc::default();
    }
}

impl Harness for Process {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::InMemory).unwrap()
    }

    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        Arc::clone(&*self.0.lock().unwrap()) as Arc<dyn QueueAdapter>
    }

    async fn kept(&self) -> u64 {
        let depth = self.adapter().queue(self.subject(), POLICY).depth().await.unwrap();
        (depth.waiting + depth.delayed.unwrap() + depth.leased.unwrap()) as u64
    }
}

queue_suite!(start, start);
