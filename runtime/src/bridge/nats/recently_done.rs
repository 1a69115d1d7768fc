//! The messages of a consumer whose acknowledgements were sent last. A server that is slow to take those in, as after a
//! kill with many messages, delivers again what it has been told for long is done.

use std::collections::{HashSet, VecDeque};

use crate::bridge::nats::ack_subject::StoredAt;
use crate::sync::Mutex;

/// How many messages are remembered: those that many handlers do within some leases.
const MOST: usize = 16 * 1024;

/// The messages of a consumer that this process has acknowledged last.
#[derive(Default)]
pub(super) struct RecentlyDone(Mutex<RememberedMessages>);

/// The messages of a consumer that are remembered as acknowledged.
#[derive(Default)]
struct RememberedMessages {
    known: HashSet<StoredAt>,
    /// In the order in which they were done.
    order: VecDeque<StoredAt>,
}

impl RecentlyDone {
    /// A message is done, and the server was told so.
    pub(super) fn add(&self, message: StoredAt) {
        let mut remembered = self.0.lock();
        let RememberedMessages { known, order } = &mut *remembered;
        if known.insert(message) {
            order.push_back(message);
        }
        if order.len() > MOST
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
    }

    /// Whether a message is one of them.
    pub(super) fn has(&self, message: &StoredAt) -> bool {
        self.0.lock().known.contains(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_ones_are_remembered() {
        let done = RecentlyDone::default();
        let message = |sequence| StoredAt { sequence, time: 7 };
        for sequence in 0..MOST as u64 + 2 {
            done.add(message(sequence));
            done.add(message(sequence));
        }
        assert_eq!([0, 1, 2, MOST as u64 + 1].map(|sequence| done.has(&message(sequence))), [false, false, true, true]);
        assert!(!done.has(&StoredAt { sequence: 2, time: 8 }), "the same place in a stream that was made anew");
    }
}
