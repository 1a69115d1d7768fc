//! Events that are published without end, one after the other in each lane, until the test has seen enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pontoon::{Route, Started, Unit};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::system::contract::{Batch, Note, Which};
use crate::topology::front;

/// Events that are published without end. One that could not be is published again: in the end, all are.
pub(crate) struct Flow {
    shared: Arc<Shared>,
    lanes: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    failures: AtomicU64,
    over: AtomicBool,
}

impl Flow {
    /// From number 0.
    pub(crate) fn begin<U>(front: &Started<U>, event: Which, lanes: u32) -> Self
    where
        U: Unit,
        front::Post: Route<U>,
    {
        Self::begin_at(front, event, lanes, 0)
    }

    /// From this number on.
    pub(crate) fn begin_at<U>(front: &Started<U>, event: Which, lanes: u32, first: u64) -> Self
    where
        U: Unit,
        front::Post: Route<U>,
    {
        let shared = Arc::new(Shared { next: AtomicU64::new(first), ..Shared::default() });
        let lane = |_| {
            let (shared, client) = (Arc::clone(&shared), front.client());
            tokio::spawn(async move {
                while !shared.over.load(Ordering::Relaxed) {
                    let notes = vec![Note::of(shared.next.fetch_add(1, Ordering::Relaxed))];
                    let batch = Batch { event, notes };
                    while client.invoke(front::Post, batch.clone()).await.is_err() {
                        shared.failures.fetch_add(1, Ordering::Relaxed);
                        sleep(Duration::from_millis(50)).await;
                    }
                }
            })
        };
        let lanes = (0..lanes).map(lane).collect();
        Self { shared, lanes }
    }

    /// How often publishing has failed so far.
    pub(crate) fn failures(&self) -> u64 {
        self.shared.failures.load(Ordering::Relaxed)
    }

    /// Ends it once everything that was begun is published, and returns the number after the last.
    pub(crate) async fn end(self) -> u64 {
        self.shared.over.store(true, Ordering::Relaxed);
        for lane in self.lanes {
            lane.await.expect("a lane");
        }
        self.shared.next.load(Ordering::Relaxed)
    }
}
