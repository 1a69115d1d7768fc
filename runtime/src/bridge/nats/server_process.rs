//! The server process that a client of NATS is connected with, as acks have to know it.

use crate::bridge::nats::version;

/// The server process that hears acks, by the identifier that it gives itself.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct ServerProcess {
    /// What it calls itself: another one each time it starts.
    id: String,
    /// Whether it takes the acknowledgement of a message that it has not delivered itself for one of all before it,
    /// too.
    is_misled: bool,
}

impl ServerProcess {
    /// A server that calls itself so, of this version.
    pub(super) fn new(id: &str, version: &str) -> Self {
        Self { id: id.to_owned(), is_misled: version::is_misled(version) }
    }

    /// Whether it must not hear anything of a message that another server process has delivered.
    pub(super) fn is_misled_about(&self, deliverer: &Self) -> bool {
        self.is_misled && self.id != deliverer.id
    }
}
