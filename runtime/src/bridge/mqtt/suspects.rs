//! Requests that were under way when a connection broke, by their messages: a message that is sent again may be what breaks it.

use std::collections::VecDeque;

use crate::message::id::Id;
use crate::sync::{Mutex, MutexGuard};

/// How many messages are remembered: those that were under way last.
const MOST: usize = 1024;

/// Messages, and how many connections broke while each was under way.
#[derive(Default)]
pub(super) struct Suspects(Mutex<VecDeque<(Id, u32)>>);

impl Suspects {
    fn entries(&self) -> MutexGuard<'_, VecDeque<(Id, u32)>> {
        self.0.lock()
    }

    /// How many connections broke while it was under way.
    pub(super) fn breaks(&self, id: Id) -> u32 {
        self.entries().iter().find(|(known, _)| *known == id).map_or(0, |(_, breaks)| *breaks)
    }

    /// One more did.
    pub(super) fn broke(&self, id: Id) {
        let mut entries = self.entries();
        match entries.iter_mut().find(|(known, _)| *known == id) {
            Some((_, breaks)) => *breaks = breaks.saturating_add(1),
            None => {
                if entries.len() >= MOST {
                    entries.pop_front();
                }
                entries.push_back((id, 1));
            }
        }
    }

    /// The broker has taken it.
    pub(super) fn cleared(&self, id: Id) {
        self.entries().retain(|(known, _)| *known != id);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn breaks_are_counted_by_message_for_the_latest() {
        let suspects = Suspects::default();
        let id = Id::from(1);
        suspects.broke(id);
        suspects.broke(id);
        assert_eq!((suspects.breaks(id), suspects.breaks(Id::from(2))), (2, 0));
        suspects.cleared(id);
        assert_eq!(suspects.breaks(id), 0);
        suspects.broke(id);
        for other in 0..MOST {
            suspects.broke(Id::from(2 + other as u128));
        }
        assert_eq!(suspects.breaks(id), 0, "it was under way too long ago");
    }
}
