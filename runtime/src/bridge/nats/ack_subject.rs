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

/// The place of a message in its stream, and when it was stored there, in nanoseconds: a stream that is made anew has
/// the same places.
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct StoredAt {
    pub(super) sequence: u64,
    pub(super) time: u64,
}

/// How often a message has been delivered, by its ack subject.
pub(super) fn deliveries(subject: &str) -> u32 {
    let mut numbers = numbers(subject);
    numbers.next().and_then(|count| count.parse().ok()).unwrap_or(1)
}

/// Which message of the stream it is, by its ack subject.
pub(super) fn stored_at(subject: &str) -> Option<StoredAt> {
    let mut numbers = numbers(subject).skip(1);
    let (sequence, time) = (numbers.next()?.parse().ok()?, numbers.nth(1)?.parse().ok()?);
    Some(StoredAt { sequence, time })
}

/// The numbers of an ack subject: `$JS.ACK.<stream>.<consumer>.<deliveries>.<sequence>.<delivery>.<time>.<pending>`,
/// with a domain and an account before the stream where there are such.
fn numbers(subject: &str) -> impl Iterator<Item = &str> {
    let tokens = subject.split('.').count();
    subject.split('.').skip(if tokens > 9 { 6 } else { 4 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ack_subject_says_which_message_it_is() {
        let message = Some(StoredAt { sequence: 10, time: 1_700_000_000_000_000_000 });
        assert_eq!(stored_at("$JS.ACK.shop_events.email-v1-greet.3.10.12.1700000000000000000.0"), message);
        assert_eq!(stored_at("$JS.ACK.hub.Zx9.shop_events.email-v1-greet.4.10.12.1700000000000000000.0.x"), message);
        for hostile in ["", "$JS.ACK.a.b.1.2.3", "$JS.ACK.a.b.1.x.3.4.5", "$JS.ACK.a.b.1.2.3.-4.5"] {
            assert_eq!(stored_at(hostile), None, "{hostile}");
        }
    }

    #[test]
    fn the_ack_subject_says_how_often_a_message_was_delivered() {
        assert_eq!(deliveries("$JS.ACK.shop_events.email-v1-greet.3.10.12.1700000000000000000.0"), 3);
        assert_eq!(deliveries("$JS.ACK.hub.Zx9.shop_events.email-v1-greet.4.10.12.1700000000000000000.0.x"), 4);
        for hostile in ["", "$JS.ACK.a.b.c.d", "$JS.ACK.a.b.99999999999.1.1.1.1"] {
            assert_eq!(deliveries(hostile), 1, "{hostile}");
        }
    }
}
