//! Events that are published without end, until the test has seen enough.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use pontoon::Started;
use pontoon::generated::{Route, Unit};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use crate::system::contract::{Batch, Note, Which};
use crate::topology::front;

/// How events are published.
pub(crate) struct Manner<B> {
    pub(crate) event: Which,
    /// So many at a time.
    pub(crate) lanes: u32,
    /// So many by one call, one after the other.
    pub(crate) batch: u64,
    /// From this number on.
    pub(crate) first: u64,
    /// Whether what could not be published is published again: in the end, all are.
    pub(crate) again: bool,
    /// Whether to wait, for those who handle them are too far behind.
    pub(crate) behind: B,
}

/// Events that are published without end.
pub(crate) struct Flow {
    shared: Arc<Shared>,
    lanes: Vec<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    next: AtomicU64,
    refusals: Arc<AtomicU64>,
    over: AtomicBool,
}

impl Flow {
    pub(crate) fn begin<U, B>(front: &Started<U>, manner: Manner<B>) -> Self
    where
        U: Unit,
        front::Post: Route<U>,
        B: Fn() -> bool + Clone + Send + Sync + 'static,
    {
        let Manner { event, lanes, batch, first, again, behind } = manner;
        let shared = Arc::new(Shared { next: AtomicU64::new(first), ..Shared::default() });
        let lane = |_| {
            let (shared, client, behind) = (Arc::clone(&shared), front.client(), behind.clone());
            tokio::spawn(async move {
                while !shared.over.load(Ordering::Relaxed) {
                    if behind() {
                        sleep(Duration::from_millis(1)).await;
                        continue;
                    }
                    let next = shared.next.fetch_add(batch, Ordering::Relaxed);
                    let batch = Batch { event, notes: (next..next + batch).map(Note::of).collect() };
                    while client.invoke(front::Post, batch.clone()).await.is_err() {
                        shared.refusals.fetch_add(1, Ordering::Relaxed);
                        sleep(Duration::from_millis(50)).await;
                        if !again {
                            break;
                        }
                    }
                }
            })
        };
        let lanes = (0..lanes).map(lane).collect();
        Self { shared, lanes }
    }

    /// How often publishing has failed so far.
    pub(crate) fn refusals(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.shared.refusals)
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
