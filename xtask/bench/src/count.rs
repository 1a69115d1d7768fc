//! A counter that tells when all events of a round have arrived.

use crate::contract::Noted;
use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts events up to the last of a round. Clones count together.
#[derive(Clone, Default)]
pub struct Counter(Arc<Counted>);

#[derive(Default)]
struct Counted {
    last: u64,
    events: AtomicU64,
    all: Notify,
}

impl Counter {
    /// Counts rounds of so many events.
    pub fn new(events: u64) -> Self {
        Self(Arc::new(Counted { last: events, ..Counted::default() }))
    }

    /// Counts one event.
    pub fn count(&self, noted: &Noted) {
        black_box(noted);
        if self.0.events.fetch_add(1, Ordering::AcqRel) + 1 == self.0.last {
            self.0.all.notify_one();
        }
    }

    /// Waits for the last event of a round, and begins the next one.
    pub async fn until_all(&self) {
        self.0.all.notified().await;
        self.0.events.store(0, Ordering::Release);
    }
}
