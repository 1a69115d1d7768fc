//! Jobs on the local disk: what was accepted outlives the process.

use std::collections::HashMap;
use std::sync::Arc;

use pontoon_schema::capability::{self, Adapter};

use crate::bridge::{BridgeError, JobQueue, QueueAdapter};
use crate::contract::queue_policy::QueuePolicy;
use crate::embedded::backlog::{BacklogKind, BacklogName};
use crate::embedded::consumer::EmbeddedConsumer;
use crate::embedded::enter::Enter;
use crate::embedded::memory::StoredLimits;
use crate::embedded::port::FolderPort;
use crate::maybe_ready::MaybeReady;
use crate::sync::Mutex;

/// Carries jobs over the disk: what was accepted outlives the process.
pub struct EmbeddedQueues {
    port: Arc<FolderPort>,
    largest: u64,
    queues: Mutex<HashMap<&'static str, Arc<EmbeddedConsumer>>>,
}

impl EmbeddedQueues {
    /// A bridge on a folder.
    #[must_use]
    pub fn new(folder: impl Into<std::path::PathBuf>) -> Self {
        Self::at(FolderPort::new(folder.into(), None))
    }

    pub(super) fn at(port: FolderPort) -> Self {
        let largest = capability::queue_bridge(Adapter::Embedded).map_or(u64::MAX, |bridge| bridge.largest_payload);
        Self { port: Arc::new(port), largest, queues: Mutex::default() }
    }

    async fn enter(&self) -> Result<(), BridgeError> {
        let open = self.port.connect().await?;
        let backlogs: Vec<_> = self.queues.lock().values().map(|queue| queue.register(&open.database)).collect();
        let enter = |answer| Box::new(Enter { backlogs, answer }) as _;
        Ok(open.database.change(enter).await??)
    }
}

impl QueueAdapter for EmbeddedQueues {
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue> {
        let mut queues = self.queues.lock();
        let queue = queues.entry(subject).or_insert_with(|| {
            let name =
                BacklogName { kind: BacklogKind::Queue, subject: subject.to_owned(), subscription: String::new() };
            let limits = StoredLimits::of_queue(subject, policy);
            Arc::new(EmbeddedConsumer::new(Arc::clone(&self.port), name, limits, self.largest))
        });
        Arc::<EmbeddedConsumer>::clone(queue)
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.enter())
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        if let Some(open) = self.port.close() {
            for queue in self.queues.lock().values() {
                queue.register(&open.database).leave(open.number);
            }
        }
        MaybeReady::boxed(self.port.folder_closed())
    }
}
