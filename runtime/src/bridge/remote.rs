//! What bridges over a network have in common: how long they wait, what waits in this process, how they come back.

#[cfg(any(feature = "amqp", feature = "mqtt"))]
mod bar;
mod feed;
#[cfg(any(feature = "amqp", feature = "mqtt"))]
mod flights;
mod heard;
mod link;
mod retry;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use bar::Bar;
pub(crate) use feed::{Buried, Delivered, RemoteFeed, Source, dead};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use flights::Flights;
pub(crate) use heard::{Arrived, Heard};
pub(crate) use link::Link;
pub(crate) use retry::Retry;

use crate::bridge::pending::Pending;
use crate::health::Counters;

/// How long something that has no time-out of its own waits for a broker that is away, or that blocks its publishers.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// How long one attempt to connect may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many messages of one subscription or command a process has from the broker before it has handled any of them.
pub(crate) const PREFETCH: u16 = 256;

/// What went by without anybody being told, as it is counted.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    pub(crate) lost: AtomicU64,
    pub(crate) malformed: AtomicU64,
}

impl Tally {
    /// The counts so far, with the late replies of `pending`.
    pub(crate) fn counters<A>(&self, pending: &Pending<A>) -> Counters {
        Counters {
            late_replies: pending.late(),
            lost: self.lost.load(Ordering::Relaxed),
            malformed: self.malformed.load(Ordering::Relaxed),
        }
    }
}
