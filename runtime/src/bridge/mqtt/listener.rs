//! The listener of a connection: told of messages, of unanswered requests, and of the session. It may not keep the
//! event loop waiting.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::live_connection::{LiveConnection, PublishOutcome};

/// A listener of a connection, which takes the messages of its topic filters.
pub(super) trait Listener: Send + Sync + 'static {
    /// The connection is made. `resumed`: the broker has kept the session.
    fn connected(&self, live: &Arc<LiveConnection>, resumed: bool);

    /// A message has come. Says whether it is done with.
    fn received(&self, publish: Publish) -> bool;

    /// Whether nothing more should come for now.
    fn is_full(&self) -> bool {
        false
    }

    /// A request has not reached anybody, by its key.
    fn unanswered(&self, key: u64, outcome: PublishOutcome);

    /// The connection is lost.
    fn lost(&self, why: &str);
}
