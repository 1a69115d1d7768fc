//! The counters of messages that were lost or could not be read, and of replies that were not sent.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::bridge::Reply;
use crate::bridge::network::skew::Skews;
use crate::bridge::network::wire::{Incoming, Malformed};
use crate::bridge::pending::Pending;
use crate::fault::FaultClass;
use crate::health::Counters;
use crate::message::id::Id;
use crate::one_line::OneLine;

/// The counters of silent losses, as they are counted.
#[derive(Debug, Default)]
pub struct AtomicCounters {
    /// Messages that went by unheard.
    pub lost: AtomicU64,
    /// Messages that could not be read, and are gone.
    pub malformed: AtomicU64,
    refused_replies: AtomicU64,
    skews: Skews,
}

impl AtomicCounters {
    /// Counts a request that cannot be read, and says so the 1st, 2nd, 4th, 8th… time. What its caller is to hear.
    pub fn unreadable(&self, subject: &str, malformed: &Malformed) -> Reply {
        let (id, count) = (Id::random(), self.malformed.fetch_add(1, Ordering::Relaxed) + 1);
        if count.is_power_of_two() {
            tracing::error!(target: "pontoon", subject, fault = %id, malformed = %OneLine(&malformed), count, "a request cannot be read");
        }
        Reply::Fault { id, class: FaultClass::Malformed }
    }

    /// Counts a request whose reply goes to no caller's address and is not sent, and says so the 1st, 2nd, 4th, 8th…
    /// time. The address is a stranger's text: it is escaped.
    pub fn refuse_reply(&self, subject: &str, address: &str) {
        let count = self.refused_replies.fetch_add(1, Ordering::Relaxed) + 1;
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", subject, ?address, count, "a reply is not sent: its address is no caller's");
        }
    }

    /// Looks at the clock of who has sent a request.
    pub fn look_at_clock(&self, incoming: &Incoming) {
        if let (Some(sent), Some(patience)) = (incoming.sent, incoming.patience) {
            self.skews.look(&incoming.source, sent, patience);
        }
    }

    /// The counts so far, with the late replies of `pending`.
    pub fn counters<A>(&self, pending: &Pending<A>) -> Counters {
        Counters { late_replies: pending.late(), ..self.without_replies() }
    }

    /// The counts so far, where nobody asks for replies.
    pub fn without_replies(&self) -> Counters {
        Counters {
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
        let (counters, pending) = (AtomicCounters::default(), Pending::<Reply>::default());
        counters.refuse_reply("shop.command.x", "shop.event.y");
        counters.refuse_reply("shop.command.x", "\u{1b}[2J");
        assert_eq!(counters.counters(&pending), Counters { refused_replies: 2, ..Counters::default() });
    }
}
