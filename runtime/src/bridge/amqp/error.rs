//! The errors of channels and connections, by what they mean for who tries again.

use std::fmt;

use lapin::ErrorKind;

use crate::bridge::BridgeError;
use crate::net::socket::is_tls;

/// The error of a channel or connection, by what it means for who tries again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum AmqpError {
    /// Access refused: somebody has to give us a permission, or other credentials.
    Denied(String),
    /// Something is there with other settings: somebody has to make up their mind.
    Mismatch(String),
    /// A payload that is larger than the broker takes: its size and the limit in bytes, where the broker says them.
    TooLarge(String, Option<PayloadSizes>),
    /// Something is not there.
    Absent(String),
    /// Whatever passes.
    Away(String),
}

/// The size and the limit of a payload that a queue or exchange does not take, as the broker says them.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct PayloadSizes {
    pub(super) size: u64,
    pub(super) limit: u64,
}

impl PayloadSizes {
    /// Of `message size 200 is larger than configured max size 100`.
    fn read(text: &str) -> Option<Self> {
        let (_, rest) = text.split_once("message size ")?;
        let mut numbers = rest.split_ascii_whitespace().filter_map(|word| word.parse().ok());
        Some(Self { size: numbers.next()?, limit: numbers.next()? })
    }
}

/// Reply codes: <https://www.rabbitmq.com/amqp-0-9-1-protocol#constants>.
const CONTENT_TOO_LARGE: u16 = 311;
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;

impl AmqpError {
    /// Whether waiting does not mend it.
    pub(super) fn is_permanent(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Mismatch(_))
    }

    pub(super) fn text(&self) -> &str {
        match self {
            Self::Denied(text)
            | Self::Mismatch(text)
            | Self::TooLarge(text, _)
            | Self::Absent(text)
            | Self::Away(text) => text,
        }
    }
}

impl From<lapin::Error> for AmqpError {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(said) => {
                let text = said.get_message().to_string();
                match said.get_id() {
                    // The broker says so where a virtual host is missing, or is not ours.
                    ACCESS_REFUSED | NOT_ALLOWED => Self::Denied(text),
                    NOT_FOUND => Self::Absent(text),
                    CONTENT_TOO_LARGE => Self::TooLarge(text, None),
                    PRECONDITION_FAILED => match PayloadSizes::read(&text) {
                        Some(sizes) => Self::TooLarge(text, Some(sizes)),
                        None if text.contains("delivery acknowledgement") => Self::Away(text),
                        None => Self::Mismatch(text),
                    },
                    _ => Self::Away(text),
                }
            }
            ErrorKind::MissingHeartbeatError => Self::Away("the broker has not answered for too long".to_owned()),
            ErrorKind::IOError(error) => Self::from_io(error),
            _ => Self::Away(error.to_string()),
        }
    }
}

impl AmqpError {
    /// What a socket says. Where TLS is at odds, no attempt will be better than this one.
    pub(super) fn from_io(error: &std::io::Error) -> Self {
        if is_tls(error) { Self::Denied(format!("TLS: {error}")) } else { Self::Away(error.to_string()) }
    }
}

impl From<AmqpError> for BridgeError {
    fn from(error: AmqpError) -> Self {
        match error {
            AmqpError::Denied(text) => Self::Denied(text.into()),
            AmqpError::Mismatch(text) => Self::Mismatch(text),
            AmqpError::TooLarge(text, _) | AmqpError::Absent(text) | AmqpError::Away(text) => {
                Self::Unavailable(text.into())
            }
        }
    }
}

impl fmt::Display for AmqpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_broker_says_of_sizes_is_read() {
        let said = "PRECONDITION_FAILED - message size 200 is larger than configured max size 100";
        assert_eq!(PayloadSizes::read(said), Some(PayloadSizes { size: 200, limit: 100 }));
        assert_eq!(PayloadSizes::read("PRECONDITION_FAILED - message size of nothing"), None);
        assert_eq!(PayloadSizes::read("PRECONDITION_FAILED - unknown delivery tag 7"), None);
    }
}
