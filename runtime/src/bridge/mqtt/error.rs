//! The errors of packets and connections, by what their reason codes mean for who tries again.

use std::fmt;
use std::io;

use rumqttc::mqttbytes;
use rumqttc::mqttbytes::v5::ConnectReturnCode;
use serde::ser::Error as _;

use super::reason_code::{ReasonCode, Refusal};
use crate::bridge::BridgeError;
use crate::net::socket::is_tls;

/// The error of a packet or connection, by what its reason code means for who tries again.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum MqttError {
    /// We may not: somebody has to give us a permission, or other credentials.
    Denied(String),
    /// The broker is not what we need: somebody has to make up their mind.
    Mismatch(String),
    /// The broker never takes this message, by what it is.
    Unsendable(String),
    /// Whatever passes.
    Away(String),
}

impl MqttError {
    /// Whether waiting does not mend it.
    pub(super) fn is_permanent(&self) -> bool {
        !matches!(self, Self::Away(_))
    }

    pub(super) fn text(&self) -> &str {
        let (Self::Denied(text) | Self::Mismatch(text) | Self::Unsendable(text) | Self::Away(text)) = self;
        text
    }

    /// The same, and where it was.
    pub(super) fn at(self, place: impl fmt::Display) -> Self {
        match self {
            Self::Denied(text) => Self::Denied(format!("{place}: {text}")),
            Self::Mismatch(text) => Self::Mismatch(format!("{place}: {text}")),
            Self::Unsendable(text) => Self::Unsendable(format!("{place}: {text}")),
            Self::Away(text) => Self::Away(format!("{place}: {text}")),
        }
    }

    /// The broker does not let us connect.
    pub(super) fn refused(code: ConnectReturnCode, reason: Option<&str>) -> Self {
        let text = match reason {
            Some(reason) => format!("it refuses the connection: {code:?}, {reason}"),
            None => format!("it refuses the connection: {code:?}"),
        };
        match code {
            ConnectReturnCode::BadUserNamePassword
            | ConnectReturnCode::NotAuthorized
            | ConnectReturnCode::Banned
            | ConnectReturnCode::BadAuthenticationMethod => Self::Denied(text),
            ConnectReturnCode::RefusedProtocolVersion | ConnectReturnCode::UnsupportedProtocolVersion => {
                Self::Mismatch(format!("{text}; MQTT 5 is needed"))
            }
            ConnectReturnCode::BadClientId | ConnectReturnCode::ClientIdentifierNotValid => {
                Self::Mismatch(format!("{text}; `client_id` has to be another"))
            }
            _ => Self::Away(text),
        }
    }

    /// The broker does not let us subscribe.
    pub(super) fn unsubscribed(filter: &str, reason: ReasonCode) -> Self {
        let text = format!("it refuses the subscription to `{filter}`: {reason}");
        match reason.refusal() {
            Some(Refusal::Denied) => Self::Denied(text),
            Some(Refusal::Permanent) => Self::Mismatch(text),
            _ => Self::Away(text),
        }
    }

    /// The broker has not taken a message.
    pub(super) fn unpublished(topic: &str, reason: ReasonCode) -> Self {
        let text = format!("the broker does not take it for `{topic}`: {reason}");
        match reason.refusal() {
            Some(Refusal::Denied) => Self::Denied(text),
            Some(Refusal::Permanent) => Self::Unsendable(text),
            _ => Self::Away(text),
        }
    }

    /// The broker has ended the connection of this client.
    pub(super) fn disconnected(client_id: &str, reason: ReasonCode, text: Option<&str>) -> Self {
        Self::Away(match (reason, text) {
            (ReasonCode::SESSION_TAKEN_OVER, _) => taken_over(client_id),
            (_, Some(text)) => format!("the broker has ended the connection: {reason}, {text}"),
            (_, None) => format!("the broker has ended the connection: {reason}"),
        })
    }

    /// What was read is no MQTT 5.
    pub(super) fn unreadable(error: &mqttbytes::Error) -> Self {
        Self::Away(format!("what the broker says cannot be read as MQTT 5: {error}"))
    }

    /// What a socket says. Where TLS is at odds, no attempt will be better than this one.
    pub(super) fn from_io(error: &io::Error) -> Self {
        if is_tls(error) { Self::Denied(format!("TLS: {error}")) } else { Self::Away(error.to_string()) }
    }
}

/// What may have happened to a client whose connection ends soon.
pub(super) fn taken_over(client_id: &str) -> String {
    format!(
        "if another client has connected as `{client_id}`, this one has to go: `client_id` has to be unlike all others at the \
         broker, also that of each other instance of this unit"
    )
}

impl From<MqttError> for BridgeError {
    fn from(error: MqttError) -> Self {
        match error {
            MqttError::Denied(text) => Self::Denied(text.into()),
            MqttError::Mismatch(text) => Self::Mismatch(text),
            MqttError::Unsendable(text) => Self::Malformed(serde_json::Error::custom(text)),
            MqttError::Away(text) => Self::Unavailable(text.into()),
        }
    }
}

impl fmt::Display for MqttError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
