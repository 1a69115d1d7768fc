//! What a connection tells, and to whom. Nobody who is told may keep the connection waiting.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::live_connection::{LiveConnection, PublishOutcome};

/// Who is told what happens on a connection.
pub(super) trait Listener: Send + Sync + 'static {
    /// The connection is made. `resumed`: the broker has kept what it had for us.
    fn connected(&self, line: &Arc<LiveConnection>, resumed: bool);

    /// A message has come. Says whether it is done with.
    fn heard(&self, publish: Publish) -> bool;

    /// Whether nothing more should come for now.
    fn is_full(&self) -> bool {
        false
    }

    /// A request has not reached anybody, by its key.
    fn unanswered(&self, key: u64, verdict: PublishOutcome);

    /// The connection is lost.
    fn lost(&self, why: &str);
}
