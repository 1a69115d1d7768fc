//! The ack subject of a JetStream delivery, and the acknowledgements that are published there.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use crate::bridge::nats::client::{NatsMessage, Subject};
use crate::bridge::nats::server_process::ServerProcess;

/// The acknowledgement of a delivery: ack, nak or in progress. The server hears it, or delivers the message again: that
/// is what at least once means, and a confirmation of every acknowledgement would cost a round trip each.
pub(super) enum AckKind {
    Ack,
    /// Deliver it again, after a pause if there is one.
    Nak(Option<Duration>),
    InProgress,
}

impl AckKind {
    /// The acknowledgement as it is published to the ack subject.
    pub(super) fn payload(&self) -> Cow<'static, str> {
        match self {
            Self::Ack => "+ACK".into(),
            Self::Nak(None) => "-NAK".into(),
            Self::Nak(Some(pause)) => format!("-NAK {{\"delay\":{}}}", pause.as_nanos()).into(),
            Self::InProgress => "+WPI".into(),
        }
    }
}

/// The ack subject of a delivery, and the server process that hears it: the one that has delivered it.
#[derive(Clone)]
pub(super) struct AckSubject {
    pub(super) subject: Subject,
    pub(super) server: Arc<ServerProcess>,
}

/// A message of a pull consumer, and the server process that has delivered it.
pub(super) struct PulledMessage {
    pub(super) message: NatsMessage,
    pub(super) server: Arc<ServerProcess>,
}

impl PulledMessage {
    /// What the message is acknowledged by, if that is so.
    pub(super) fn ack_subject(&self) -> Option<AckSubject> {
        Some(AckSubject { subject: self.message.reply.clone()?, server: Arc::clone(&self.server) })
    }
}

/// How often a message has been delivered, by its ack subject:
/// `$JS.ACK.<stream>.<consumer>.<deliveries>.…`, with a domain and an account before the stream where there are such.
pub(super) fn deliveries(subject: &str) -> u32 {
    let tokens = subject.split('.').count();
    let place = if tokens > 9 { 6 } else { 4 };
    subject.split('.').nth(place).and_then(|count| count.parse().ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ack_subject_says_how_often_a_message_was_delivered() {
        assert_eq!(deliveries("$JS.ACK.shop_events.email-v1-greet.3.10.12.1700000000000000000.0"), 3);
        assert_eq!(deliveries("$JS.ACK.hub.Zx9.shop_events.email-v1-greet.4.10.12.1700000000000000000.0.x"), 4);
        for hostile in ["", "$JS.ACK.a.b.c.d", "$JS.ACK.a.b.99999999999.1.1.1.1"] {
            assert_eq!(deliveries(hostile), 1, "{hostile}");
        }
    }
}
