//! The sequence numbers of a publisher's events of one subject. An event that is published again keeps its number, so
//! that who hears it twice knows it.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::message::id::Id;
use crate::sync::{Mutex, MutexGuard};

/// How many events are remembered that may be published again.
const REMEMBERED: usize = 4096;

/// Numbers the events of one subject, from 1 on.
#[derive(Default)]
pub struct Numbering {
    last: AtomicU64,
    /// So that nobody waits for the lock where nothing went wrong.
    any_unsettled: AtomicBool,
    unsettled: Mutex<VecDeque<UnsettledNumber>>,
}

/// The number of an event that may be published again.
struct UnsettledNumber {
    id: Id,
    sequence: u64,
}

/// The number of an event that is being published. Dropped before it is settled, it is remembered for the next attempt.
pub struct Numbered<'n> {
    numbering: &'n Numbering,
    id: Id,
    /// The number.
    pub sequence: u64,
    settled: bool,
}

impl Numbering {
    /// The number of an event: the one that it had, if it was published before.
    pub fn number(&self, id: Id) -> Numbered<'_> {
        let known = self.any_unsettled.load(Ordering::Acquire).then(|| self.take(id)).flatten();
        let sequence = known.unwrap_or_else(|| self.last.fetch_add(1, Ordering::Relaxed) + 1);
        Numbered { numbering: self, id, sequence, settled: false }
    }

    fn take(&self, id: Id) -> Option<u64> {
        let mut unsettled = self.unsettled();
        let place = unsettled.iter().position(|number| number.id == id)?;
        let known = unsettled.remove(place);
        self.any_unsettled.store(!unsettled.is_empty(), Ordering::Release);
        known.map(|number| number.sequence)
    }

    fn unsettled(&self) -> MutexGuard<'_, VecDeque<UnsettledNumber>> {
        self.unsettled.lock()
    }
}

impl Numbered<'_> {
    /// The broker has it: it is not published again.
    pub fn settle(mut self) {
        self.settled = true;
    }
}

impl Drop for Numbered<'_> {
    fn drop(&mut self) {
        if self.settled {
            return;
        }
        let mut unsettled = self.numbering.unsettled();
        if unsettled.len() >= REMEMBERED {
            unsettled.pop_front();
        }
        unsettled.push_back(UnsettledNumber { id: self.id, sequence: self.sequence });
        self.numbering.any_unsettled.store(true, Ordering::Release);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_is_published_again_keeps_its_number() {
        let numbering = Numbering::default();
        let [one, two, three] = [(); 3].map(|()| Id::random());
        let first = numbering.number(one);
        assert_eq!(first.sequence, 1);
        drop(first);
        let second = numbering.number(two);
        assert_eq!(second.sequence, 2);
        second.settle();
        let again = numbering.number(one);
        assert_eq!(again.sequence, 1);
        again.settle();
        assert_eq!(numbering.number(three).sequence, 3);
        assert_eq!(numbering.unsettled().len(), 1);
    }
}
