//! A counter that tells when all events of a round have arrived.

use std::hint::black_box;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::Notify;

/// Counts events up to the last of a round. Clones count together.
#[derive(Clone, Default)]
pub struct Counter(Arc<Counted>);

#[derive(Default)]
struct Counted {
    last: AtomicU64,
    events: AtomicU64,
    all: Notify,
}

impl Counter {
    /// Counts rounds of so many events.
    pub fn new(events: u64) -> Self {
        let counter = Self::default();
        counter.expect(events);
        counter
    }

    /// From now on, a round has so many events.
    pub fn expect(&self, events: u64) {
        self.0.events.store(0, Ordering::Release);
        self.0.last.store(events, Ordering::Release);
    }

    /// Counts one event.
    pub fn count<T>(&self, event: &T) {
        black_box(event);
        if self.0.events.fetch_add(1, Ordering::AcqRel) + 1 == self.0.last.load(Ordering::Acquire) {
            self.0.all.notify_one();
        }
    }

    /// Waits for the last event of a round, and begins the next one.
    pub async fn until_all(&self) {
        self.0.all.notified().await;
        self.0.events.store(0, Ordering::Release);
    }
}
