//! The requests for commands that were in flight when a connection broke: one that is sent again may be what breaks it.

use std::collections::VecDeque;

use crate::message::id::Id;
use crate::sync::{Mutex, MutexGuard};

/// How many messages are remembered: those that were under way last.
const MOST: usize = 1024;

/// The requests that may be what breaks a connection, such as by a payload that the broker rejects.
#[derive(Default)]
pub(super) struct Suspects(Mutex<VecDeque<Suspect>>);

/// A request by its message, and how many connections broke while its command was in flight.
struct Suspect {
    id: Id,
    breaks: u32,
}

impl Suspects {
    fn entries(&self) -> MutexGuard<'_, VecDeque<Suspect>> {
        self.0.lock()
    }

    /// How many connections broke while it was under way.
    pub(super) fn breaks(&self, id: Id) -> u32 {
        self.entries().iter().find(|suspect| suspect.id == id).map_or(0, |suspect| suspect.breaks)
    }

    /// One more did.
    pub(super) fn broke(&self, id: Id) {
        let mut entries = self.entries();
        match entries.iter_mut().find(|suspect| suspect.id == id) {
            Some(suspect) => suspect.breaks = suspect.breaks.saturating_add(1),
            None => {
                if entries.len() >= MOST {
                    entries.pop_front();
                }
                entries.push_back(Suspect { id, breaks: 1 });
            }
        }
    }

    /// The broker has taken it.
    pub(super) fn cleared(&self, id: Id) {
        self.entries().retain(|suspect| suspect.id != id);
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
