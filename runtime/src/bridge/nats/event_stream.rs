//! The stream of events: whether the server has it, as far as this process knows.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::bridge::BridgeError;
use crate::bridge::nats::jetstream_api::{EmptyRequest, JetStreamApi};
use crate::bridge::nats::jetstream_objects::StreamInfo;
use crate::bridge::nats::live_connection::LiveConnection;

/// The stream of a topology's events, where no subscription of this unit says that it has to be there.
pub(super) struct EventStream {
    api: JetStreamApi,
    pub(super) name: String,
    known: AtomicBool,
}

/// The presence of a stream at the server.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum StreamPresence {
    Present,
    Absent,
    /// We may not ask.
    Unknown,
}

impl EventStream {
    pub(super) fn new(api: JetStreamApi, name: String) -> Self {
        Self { api, name, known: AtomicBool::new(false) }
    }

    /// Whether the stream is known to be there.
    pub(super) fn is_known(&self) -> bool {
        self.known.load(Ordering::Relaxed)
    }

    /// It is there.
    pub(super) fn found(&self) {
        self.known.store(true, Ordering::Relaxed);
    }

    /// It is gone.
    pub(super) fn gone(&self) {
        self.known.store(false, Ordering::Relaxed);
    }

    /// Asks whether the stream is there.
    pub(super) async fn look(&self, live: &LiveConnection) -> Result<StreamPresence, BridgeError> {
        let what = format!("STREAM.INFO.{}", self.name);
        match self.api.find::<StreamInfo>(live, &what, &EmptyRequest {}).await {
            Ok(Some(_)) => Ok(StreamPresence::Present),
            Ok(None) => Ok(StreamPresence::Absent),
            Err(BridgeError::Denied(_)) => Ok(StreamPresence::Unknown),
            // Of a cluster that is between two leaders it says so, and nothing of the stream.
            Err(error) => Err(error),
        }
    }
}
