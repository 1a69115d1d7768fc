//! The sequence numbers that have arrived of an event's publishers: what is missing in between is
//! counted, and what a publisher sends once more because it did not hear that the broker had it is known again.

use std::collections::{HashMap, HashSet, VecDeque};

use crate::message::id::Id;
use crate::sync::Mutex;

/// How many publishers are remembered; then it begins anew, and knows of nothing before.
const PUBLISHERS: usize = 10_000;

/// How many events of a publisher are remembered, up to the last: more than it has under way at a time.
const EVENTS: u64 = 1024;

/// How many identifiers of events are remembered, of all publishers together.
const IDENTIFIERS: usize = 4096;

/// The sequences that have arrived of each publisher.
#[derive(Default)]
pub(crate) struct SequenceTracker {
    publishers: Mutex<HashMap<String, PublisherSequence>>,
    identifiers: Mutex<RecentIds>,
}

/// The events that arrived last, by their identifiers: an event that was left in an outbox is published by another
/// process, under a number of that one.
#[derive(Default)]
struct RecentIds {
    known: HashSet<Id>,
    order: VecDeque<Id>,
}

/// The sequences that have arrived of one publisher.
struct PublisherSequence {
    last: u64,
    /// A bit for each of the sequences up to the last: whether it has arrived.
    bits: [u64; EVENTS as usize / 64],
}

/// The place of an event among those that arrived before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Sequenced {
    /// There are so many missing between the last one and this one.
    After(u64),
    /// It has arrived before.
    Again,
}

impl SequenceTracker {
    /// An event arrives. Says whether it has arrived before, from whatever publisher.
    pub(crate) fn is_known(&self, id: Id) -> bool {
        let mut identifiers = self.identifiers.lock();
        let RecentIds { known, order } = &mut *identifiers;
        if !known.insert(id) {
            return true;
        }
        order.push_back(id);
        if order.len() > IDENTIFIERS
            && let Some(oldest) = order.pop_front()
        {
            known.remove(&oldest);
        }
        false
    }

    /// An event arrives with a number. Of the first that does, nobody knows what was before it.
    pub(crate) fn arrives(&self, source: &str, sequence: u64) -> Sequenced {
        let mut publishers = self.publishers.lock();
        if let Some(publisher) = publishers.get_mut(source) {
            return publisher.arrives(sequence);
        }
        if publishers.len() >= PUBLISHERS {
            publishers.clear();
        }
        let mut publisher = PublisherSequence { last: sequence, bits: [0; _] };
        publisher.mark(sequence, true);
        publishers.insert(source.to_owned(), publisher);
        Sequenced::After(0)
    }
}

impl PublisherSequence {
    fn arrives(&mut self, sequence: u64) -> Sequenced {
        if sequence > self.last {
            let missing = sequence - self.last - 1;
            // Their bits were those of others, long ago.
            (sequence.saturating_sub(missing.min(EVENTS))..sequence).for_each(|missing| self.mark(missing, false));
            self.mark(sequence, true);
            self.last = sequence;
            return Sequenced::After(missing);
        }
        // What is older than all that is remembered is taken for late.
        let remembered = self.last - sequence < EVENTS;
        if remembered && self.has(sequence) {
            return Sequenced::Again;
        }
        if remembered {
            self.mark(sequence, true);
        }
        Sequenced::After(0)
    }

    fn has(&self, sequence: u64) -> bool {
        let bit = sequence % EVENTS;
        self.bits[(bit / 64) as usize] >> (bit % 64) & 1 == 1
    }

    fn mark(&mut self, sequence: u64, arrived: bool) {
        let bit = sequence % EVENTS;
        let word = &mut self.bits[(bit / 64) as usize];
        *word = *word & !(1 << (bit % 64)) | u64::from(arrived) << (bit % 64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrive(heard: &SequenceTracker, sequences: impl IntoIterator<Item = u64>) -> Vec<Sequenced> {
        sequences.into_iter().map(|sequence| heard.arrives("/a", sequence)).collect()
    }

    #[test]
    fn what_is_missing_in_between_is_counted() {
        let heard = SequenceTracker::default();
        let arrived = arrive(&heard, [5, 6, 9, 8, 10]);
        assert_eq!(arrived, [0, 0, 2, 0, 0].map(Sequenced::After));
        assert_eq!(heard.arrives("/b", 100), Sequenced::After(0));
        assert_eq!(heard.arrives("/a", u64::MAX), Sequenced::After(u64::MAX - 11));
    }

    #[test]
    fn an_event_is_known_by_its_identifier_whoever_publishes_it() {
        let heard = SequenceTracker::default();
        let id = Id::random();
        assert!(!heard.is_known(id) && heard.is_known(id));
        for _ in 0..IDENTIFIERS {
            assert!(!heard.is_known(Id::random()));
        }
        assert!(!heard.is_known(id), "it is too long ago");
    }

    #[test]
    fn what_comes_again_is_known() {
        let heard = SequenceTracker::default();
        arrive(&heard, [1, 2, 4]);
        assert_eq!(arrive(&heard, [1, 2, 3, 4, 3]), {
            use Sequenced::{After, Again};
            [Again, Again, After(0), Again, Again]
        });
        assert!(arrive(&heard, 5..5 + EVENTS).iter().all(|arrived| *arrived == Sequenced::After(0)));
        assert_eq!(arrive(&heard, [4, 5]), [Sequenced::After(0), Sequenced::Again], "one is too long ago");
        // What is skipped was not there, whatever had its place before.
        arrive(&heard, [5 + 2 * EVENTS]);
        assert_eq!(arrive(&heard, [4 + 2 * EVENTS, 4 + 2 * EVENTS]), [Sequenced::After(0), Sequenced::Again]);
    }
}
