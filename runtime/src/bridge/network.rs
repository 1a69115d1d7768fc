//! What bridges over a network have in common: how long they wait, what waits in this process, how they come back.

#[cfg(feature = "wire")]
pub(crate) mod wire;

#[cfg(any(feature = "amqp", feature = "mqtt"))]
mod circuit_breaker;
mod connection_state;
mod consumer;
mod dead_letters;
mod held;
#[cfg(any(feature = "amqp", feature = "mqtt"))]
mod in_flight;
mod numbering;
mod reconnect;
mod sequences;
mod skew;
#[cfg(feature = "amqp")]
mod window;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use circuit_breaker::CircuitBreaker;
pub(crate) use connection_state::ConnectionState;
pub(crate) use consumer::{BrokerSubscription, NetworkConsumer, ReceivedMessage};
pub(crate) use dead_letters::{DeadLetterPage, DeadLetterQuery, FoundDeadLetter, dead};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use in_flight::InFlight;
pub(crate) use numbering::Numbering;
pub(crate) use reconnect::Reconnect;
pub(crate) use sequences::{SequenceTracker, Sequenced};
#[cfg(feature = "amqp")]
pub(crate) use window::{InFlightWindow, WindowChange};

use crate::bridge::Reply;
use crate::bridge::network::wire::{Incoming, Malformed};
use crate::bridge::pending::Pending;
use crate::fault::FaultClass;
use crate::health::Counters;
use crate::message::id::Id;
use crate::one_line::OneLine;
use skew::Skews;

/// How long something that has no time-out of its own waits for a broker that is away, or that blocks its publishers.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// How long one attempt to connect may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many messages of one subscription or command a process has from the broker before it has handled any of them.
pub(crate) const PREFETCH: u16 = 256;

/// What went by without anybody being told, as it is counted.
#[derive(Debug, Default)]
pub(crate) struct AtomicCounters {
    pub(crate) lost: AtomicU64,
    pub(crate) malformed: AtomicU64,
    refused_replies: AtomicU64,
    skews: Skews,
}

impl AtomicCounters {
    /// Counts a request that cannot be read, and says so the 1st, 2nd, 4th, 8th… time. What its caller is to hear.
    pub(crate) fn unreadable(&self, subject: &str, malformed: &Malformed) -> Reply {
        let (id, count) = (Id::random(), self.malformed.fetch_add(1, Ordering::Relaxed) + 1);
        if count.is_power_of_two() {
            tracing::error!(target: "pontoon", subject, fault = %id, malformed = %OneLine(&malformed), count, "a request cannot be read");
        }
        Reply::Fault { id, class: FaultClass::Malformed }
    }

    /// Counts a request whose reply goes to no caller's address and is not sent, and says so the 1st, 2nd, 4th, 8th… time.
    /// The address is a stranger's text: it is escaped.
    pub(crate) fn refuse_reply(&self, subject: &str, address: &str) {
        let count = self.refused_replies.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", subject, ?address, count, "a reply is not sent: its address is no caller's");
        }
    }

    /// Looks at the clock of who has sent a request.
    pub(crate) fn look_at_clock(&self, incoming: &Incoming) {
        if let (Some(sent), Some(patience)) = (incoming.sent, incoming.patience) {
            self.skews.look(&incoming.source, sent, patience);
        }
    }

    /// The counts so far, with the late replies of `pending`.
    pub(crate) fn counters<A>(&self, pending: &Pending<A>) -> Counters {
        Counters {
            late_replies: pending.late(),
            lost: self.lost.load(Ordering::Relaxed),
            malformed: self.malformed.load(Ordering::Relaxed),
            refused_replies: self.refused_replies.load(Ordering::Relaxed),
            ..Counters::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_that_is_refused_is_counted() {
        let (tally, pending) = (AtomicCounters::default(), Pending::<Reply>::default());
        tally.refuse_reply("shop.command.x", "shop.event.y");
        tally.refuse_reply("shop.command.x", "\u{1b}[2J");
        assert_eq!(tally.counters(&pending), Counters { refused_replies: 2, ..Counters::default() });
    }
}
