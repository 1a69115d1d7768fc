//! The errors of JetStream's API, by what they mean for who asks.

use std::fmt;

use serde::Deserialize;

use crate::bridge::BridgeError;
use crate::bridge::nats::client::{ClientLost, SendError};

/// Why a request to JetStream's API failed.
#[derive(Debug)]
pub(super) enum JetStreamError {
    /// JetStream says why.
    Api(ApiError),
    /// No responders: the server has no JetStream.
    Absent,
    /// It could not be asked.
    Bridge(BridgeError),
}

/// The error in an answer of JetStream's API.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct ApiError {
    /// As HTTP has it.
    code: u64,
    #[serde(default, rename = "err_code")]
    error_code: ErrorCode,
    #[serde(default)]
    description: Option<String>,
}

/// The number of an error of JetStream's API.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq)]
pub(super) struct ErrorCode(u64);

impl ErrorCode {
    pub(super) const BAD_REQUEST: Self = Self(10_003);
    pub(super) const CLUSTER_NO_PEERS: Self = Self(10_005);
    pub(super) const CONSUMER_NOT_FOUND: Self = Self(10_014);
    pub(super) const INSUFFICIENT_RESOURCES: Self = Self(10_023);
    pub(super) const NO_MESSAGE_FOUND: Self = Self(10_037);
    pub(super) const JETSTREAM_NOT_ENABLED_FOR_ACCOUNT: Self = Self(10_039);
    pub(super) const SEQUENCE_NOT_FOUND: Self = Self(10_043);
    pub(super) const STREAM_MESSAGE_EXCEEDS_MAXIMUM: Self = Self(10_054);
    pub(super) const STREAM_NAME_EXIST: Self = Self(10_058);
    pub(super) const STREAM_NOT_FOUND: Self = Self(10_059);
    pub(super) const STREAM_SUBJECT_OVERLAP: Self = Self(10_065);
    pub(super) const STREAM_REPLICAS_NOT_SUPPORTED: Self = Self(10_074);
    pub(super) const JETSTREAM_NOT_ENABLED: Self = Self(10_076);
    pub(super) const STREAM_STORE_FAILED: Self = Self(10_077);
    pub(super) const STREAM_HEADER_EXCEEDS_MAXIMUM: Self = Self(10_097);
    pub(super) const STREAM_SEALED: Self = Self(10_109);
}

impl ApiError {
    pub(super) fn error_code(&self) -> ErrorCode {
        self.error_code
    }

    /// Whether a stream has as many messages as it may have. The number stands for all that a stream could not store;
    /// the words are those of the server's `ErrMaxMsgs`.
    pub(super) fn is_full(&self) -> bool {
        let is_bound = |words: &String| words.contains("maximum messages exceeded");
        self.error_code == ErrorCode::STREAM_STORE_FAILED && self.description.as_ref().is_some_and(is_bound)
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, error_code, description } = self;
        let description = description.as_deref().unwrap_or("unknown");
        write!(f, "{description} (code {code}, error code {})", error_code.0)
    }
}

impl JetStreamError {
    /// Whether JetStream has answered with this code.
    pub(super) fn is(&self, code: ErrorCode) -> bool {
        matches!(self, Self::Api(error) if error.error_code() == code)
    }

    /// Whether there is no such message, or no such stream.
    pub(super) fn is_absence_of_a_message(&self) -> bool {
        let codes = [ErrorCode::NO_MESSAGE_FOUND, ErrorCode::STREAM_NOT_FOUND, ErrorCode::SEQUENCE_NOT_FOUND];
        matches!(self, Self::Absent) || codes.iter().any(|code| self.is(*code))
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

impl From<ClientLost> for BridgeError {
    fn from(lost: ClientLost) -> Self {
        Self::Unavailable(lost.to_string().into())
    }
}

impl SendError {
    /// As the adapter's user sees it, of a message to this subject.
    pub(super) fn at(self, subject: &str) -> BridgeError {
        match self {
            Self::TooLarge { size, limit } => {
                BridgeError::TooLarge { subject: subject.to_owned(), size, limit: limit as u64 }
            }
            Self::NoSubject => {
                BridgeError::Mismatch("a subject of NATS that is empty, or has a space in it".to_owned())
            }
            Self::Lost(lost) => lost.into(),
        }
    }
}
