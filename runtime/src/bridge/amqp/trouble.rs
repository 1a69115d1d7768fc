//! What the broker's errors mean to us.

use std::fmt;

use lapin::ErrorKind;

use crate::bridge::BridgeError;
use crate::socket::is_tls;

/// Why something that was asked of the broker was not done.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Trouble {
    /// We may not: somebody has to give us a permission, or other credentials.
    Denied(String),
    /// Something is there with other settings: somebody has to make up their mind.
    Mismatch(String),
    /// Something is not there.
    Absent(String),
    /// Whatever passes.
    Away(String),
}

/// Reply codes: <https://www.rabbitmq.com/amqp-0-9-1-protocol#constants>.
const ACCESS_REFUSED: u16 = 403;
const NOT_FOUND: u16 = 404;
const PRECONDITION_FAILED: u16 = 406;
const NOT_ALLOWED: u16 = 530;

impl Trouble {
    /// Whether waiting does not mend it.
    pub(super) fn lasts(&self) -> bool {
        matches!(self, Self::Denied(_) | Self::Mismatch(_))
    }

    pub(super) fn text(&self) -> &str {
        let (Self::Denied(text) | Self::Mismatch(text) | Self::Absent(text) | Self::Away(text)) = self;
        text
    }
}

impl From<lapin::Error> for Trouble {
    fn from(error: lapin::Error) -> Self {
        match error.kind() {
            ErrorKind::ProtocolError(said) => {
                let text = said.get_message().to_string();
                match said.get_id() {
                    // The broker says so where a virtual host is missing, or is not ours.
                    ACCESS_REFUSED | NOT_ALLOWED => Self::Denied(text),
                    NOT_FOUND => Self::Absent(text),
                    PRECONDITION_FAILED => Self::Mismatch(text),
                    _ => Self::Away(text),
                }
            }
            ErrorKind::MissingHeartbeatError => Self::Away("the broker has not answered for too long".to_owned()),
            ErrorKind::IOError(error) => Self::from_io(error),
            _ => Self::Away(error.to_string()),
        }
    }
}

impl Trouble {
    /// What a socket says. Where TLS is at odds, no attempt will be better than this one.
    pub(super) fn from_io(error: &std::io::Error) -> Self {
        if is_tls(error) { Self::Denied(format!("TLS: {error}")) } else { Self::Away(error.to_string()) }
    }
}

impl From<Trouble> for BridgeError {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Denied(text) => Self::Denied(text.into()),
            Trouble::Mismatch(text) => Self::Mismatch(text),
            Trouble::Absent(text) | Trouble::Away(text) => Self::Unavailable(text.into()),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
