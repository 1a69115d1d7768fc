//! The errors of JetStream's API, by what they mean for who asks.

use async_nats::jetstream::{Error, ErrorCode};

use crate::bridge::BridgeError;

/// Why a request to JetStream's API failed.
#[derive(Debug)]
pub(super) enum JetStreamError {
    /// JetStream says why.
    Api(Error),
    /// No responders: the server has no JetStream.
    Absent,
    /// It could not be asked.
    Bridge(BridgeError),
}

impl JetStreamError {
    /// Whether JetStream has answered with this code.
    pub(super) fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Api(error) if error.error_code() == code)
    }

    /// As the adapter's user sees it.
    pub(super) fn at(self, what: &str) -> BridgeError {
        match self {
            Self::Api(error) => BridgeError::Unavailable(format!("{what}: {error}").into()),
            Self::Absent => BridgeError::Mismatch(format!(
                "{what}: the NATS server has no JetStream, which events that must not be lost and dead letters need: \
                 enable it there (`jetstream` in its configuration)"
            )),
            Self::Bridge(error) => error,
        }
    }
}
