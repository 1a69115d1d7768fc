//! How often each number was handled: all that is kept of a run where there are millions.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

/// How often each number was handled, or put in.
pub struct Counts {
    /// Up to 255 times.
    each: Box<[AtomicU8]>,
    all: AtomicU64,
}

impl Counts {
    /// Counts of the numbers below this one.
    #[must_use]
    pub fn below(numbers: usize) -> Self {
        Self { each: (0..numbers).map(|_| AtomicU8::new(0)).collect(), all: AtomicU64::new(0) }
    }

    /// Counts a number once more.
    ///
    /// # Panics
    /// It is not among those that are counted.
    pub fn count(&self, number: u64) {
        let each =
            usize::try_from(number).ok().and_then(|place| self.each.get(place)).expect("a number that is counted");
        // The closure always has an answer.
        let _ = each.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| Some(count.saturating_add(1)));
        self.all.fetch_add(1, Ordering::Relaxed);
    }

    /// How often each number was counted; at most 255 times.
    pub fn each(&self) -> impl Iterator<Item = u8> {
        self.each.iter().map(|count| count.load(Ordering::Relaxed))
    }

    /// How many numbers were counted at all.
    #[must_use]
    pub fn distinct(&self) -> u64 {
        self.each().filter(|count| *count > 0).count() as u64
    }

    /// How often all of them were.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.all.load(Ordering::Relaxed)
    }
}
