//! Dead letters as a broker keeps them, and which of them are looked at in one go.

use crate::bridge::DeadMessage;
use crate::bridge::network::wire::{GivenUp, Incoming, UnreadableMessage};
use crate::message::Message;
use crate::message::id::Id;
use crate::message::metadata::Metadata;
use crate::unit::dead_letters::AT_A_TIME;

/// A query for dead letters.
#[derive(Clone, Copy, Debug)]
pub enum DeadLetterQuery {
    /// Those behind so many of the oldest, as many as are looked at in one go.
    Behind(usize),
    /// Those of a message, however many are before them.
    For(Id),
}

/// How many bytes of dead letters are looked at in one go.
const BYTES_AT_A_TIME: usize = 64 * 1024 * 1024;

/// A page of dead letters.
pub struct DeadLetterPage<T> {
    query: DeadLetterQuery,
    passed: usize,
    bytes: usize,
    found: Vec<FoundDeadLetter<T>>,
}

impl<T> DeadLetterPage<T> {
    /// Nothing is found yet.
    pub fn new(query: DeadLetterQuery) -> Self {
        Self { query, passed: 0, bytes: 0, found: Vec::new() }
    }

    /// Whether no more is looked at.
    pub fn is_full(&self) -> bool {
        match self.query {
            DeadLetterQuery::Behind(_) => self.found.len() >= AT_A_TIME || self.bytes >= BYTES_AT_A_TIME,
            DeadLetterQuery::For(_) => false,
        }
    }

    /// The next one, oldest first, of so many bytes. Its token comes back where it is not among those that are looked
    /// at.
    pub fn add(&mut self, dead: DeadMessage, bytes: usize, token: T) -> Option<T> {
        let is_meant = match self.query {
            DeadLetterQuery::Behind(skip) => self.passed >= skip && !self.is_full(),
            DeadLetterQuery::For(id) => dead.message.metadata().id == id,
        };
        self.passed += 1;
        if !is_meant {
            return Some(token);
        }
        self.bytes += bytes;
        self.found.push(FoundDeadLetter { dead, token });
        None
    }

    /// Those that were meant, oldest first.
    pub fn into_found(self) -> Vec<FoundDeadLetter<T>> {
        self.found
    }
}

/// A dead letter, and the token that it is acknowledged by.
pub struct FoundDeadLetter<T> {
    /// The dead letter.
    pub dead: DeadMessage,
    /// What it is acknowledged by.
    pub token: T,
}

/// What a message that a broker keeps as a dead letter was. One that somebody else has put there may be none of ours.
pub fn dead(read: Result<Incoming, UnreadableMessage>) -> DeadMessage {
    match read {
        Ok(Incoming { message, dead: Some(GivenUp { reason, attempts }), .. }) => {
            DeadMessage { message, reason, attempts }
        }
        Ok(Incoming { message, attempt, .. }) => {
            DeadMessage { message, reason: "not said".to_owned(), attempts: attempt }
        }
        Err(UnreadableMessage { malformed, body }) => DeadMessage {
            message: Message::received(Metadata::new(), body),
            reason: malformed.to_string(),
            attempts: 0,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(query: DeadLetterQuery, letters: &[(u128, usize)]) -> Vec<u128> {
        let mut page = DeadLetterPage::new(query);
        for (id, bytes) in letters {
            if page.is_full() {
                break;
            }
            let metadata = Metadata { id: Id::from(*id), ..Metadata::new() };
            let dead = DeadMessage { message: Message::received(metadata, "1"), reason: String::new(), attempts: 1 };
            page.add(dead, *bytes, *id);
        }
        page.into_found().into_iter().map(|one| one.token).collect()
    }

    #[test]
    fn dead_letters_are_looked_at_by_the_page() {
        const MIB: usize = 1024 * 1024;
        let letters = [(1, 40 * MIB), (2, 30 * MIB), (3, 1), (2, 1)];
        assert_eq!(page(DeadLetterQuery::Behind(0), &letters), [1, 2], "64 MiB are full");
        assert_eq!(page(DeadLetterQuery::Behind(2), &letters), [3, 2]);
        assert!(page(DeadLetterQuery::Behind(4), &letters).is_empty());
        assert_eq!(page(DeadLetterQuery::For(Id::from(2)), &letters), [2, 2], "however much is before it");
        let many: Vec<_> = (0..12_000).map(|id| (id, 1)).collect();
        assert_eq!(page(DeadLetterQuery::Behind(0), &many).len(), 10_000);
        assert_eq!(page(DeadLetterQuery::Behind(10_000), &many).len(), 2_000);
    }
}
