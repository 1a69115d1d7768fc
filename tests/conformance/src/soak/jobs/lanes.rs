//! Those who put jobs in, many at a time: each again until it is safe.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::super::{AHEAD, LANES};
use super::{SoakedQueue, Tally};
use crate::system::counts::Counts;

/// Those who put jobs in.
pub(super) struct Lanes {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

struct Shared {
    sent: Arc<Counts>,
    done: Arc<Counts>,
    next: AtomicU64,
    refused: AtomicU64,
    over: AtomicBool,
}

impl Lanes {
    pub(super) fn begin<Q: SoakedQueue>(queue: &Arc<Q>, tally: &Tally) -> Self {
        let (sent, done) = (Arc::clone(&tally.sent), Arc::clone(&tally.done));
        let (next, refused, over) = (AtomicU64::new(0), AtomicU64::new(0), AtomicBool::new(false));
        let shared = Arc::new(Shared { sent, done, next, refused, over });
        let task = |_| {
            let (shared, queue) = (Arc::clone(&shared), Arc::clone(queue));
            tokio::spawn(async move { shared.send_without_end(&*queue).await })
        };
        let tasks = (0..LANES).map(task).collect();
        Self { shared, tasks }
    }

    /// Ends them once all is safe that was begun. Returns how often putting a job in has failed.
    pub(super) async fn end(self) -> u64 {
        self.shared.over.store(true, Ordering::Relaxed);
        for task in self.tasks {
            task.await.expect("a lane");
        }
        self.shared.refused.load(Ordering::Relaxed)
    }
}

impl Shared {
    async fn send_without_end(&self, queue: &impl SoakedQueue) {
        while !self.over.load(Ordering::Relaxed) {
            if self.sent.all().saturating_sub(self.done.all()) > AHEAD {
                sleep(Duration::from_millis(1)).await;
                continue;
            }
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            while !queue.send(number).await {
                self.refused.fetch_add(1, Ordering::Relaxed);
                sleep(Duration::from_millis(50)).await;
            }
            self.sent.count(number);
        }
    }
}
