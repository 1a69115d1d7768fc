//! The largest payload that a queue takes: what the adapter carries, and what the broker allows where that is less. The
//! broker does not announce it: it closes the channel of whoever sends more, and says it then.

use std::sync::atomic::{AtomicU64, Ordering};

/// The largest payload of an event, request or reply, in bytes.
pub(super) struct PayloadLimit {
    carried: u64,
    /// What the broker has said.
    allowed: AtomicU64,
}

impl PayloadLimit {
    pub(super) fn new(carried: u64) -> Self {
        Self { carried, allowed: AtomicU64::new(u64::MAX) }
    }

    pub(super) fn bytes(&self) -> u64 {
        self.carried.min(self.allowed.load(Ordering::Relaxed))
    }

    /// The broker has refused what is larger than this.
    pub(super) fn learn(&self, allowed: u64) {
        if self.allowed.swap(allowed, Ordering::Relaxed) != allowed {
            tracing::warn!(target: "pontoon", allowed, "the broker takes no payloads that have more bytes");
        }
    }

    /// A broker that has started again may allow something else.
    pub(super) fn forget(&self) {
        self.allowed.store(u64::MAX, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smaller_one_counts() {
        let limit = PayloadLimit::new(100);
        limit.learn(200);
        assert_eq!(limit.bytes(), 100);
        limit.learn(50);
        assert_eq!(limit.bytes(), 50);
        limit.forget();
        assert_eq!(limit.bytes(), 100);
    }
}
