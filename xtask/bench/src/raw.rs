//! What one writes with the client library of a broker alone, as its users do, and for MQTT on a bare socket: the other
//! side of every comparison.

mod amqp;
pub(crate) mod jobs;
mod mqtt;
mod nats;

use crate::bridges::Bridge;
use crate::rounds::Error;
use crate::table::Times;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

pub(crate) use amqp::Amqp;
pub(crate) use mqtt::Mqtt;
pub(crate) use nats::Nats;

/// How many messages a consumer has before it has handled any of them: as many as a bridge takes.
const PREFETCH: u16 = 256;

/// What a [talkative](Raw::talkative) connection is, in words.
pub(crate) const TALKING: &str = "the same, with attributes of CloudEvents";

/// How many times the CPU time of the other side a bridge may take, of both ends and the broker.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// A request, one after the other.
    pub(crate) one_at_a_time: Times,
    /// A request, many in flight.
    pub(crate) in_flight: Times,
    /// An event until it is confirmed.
    pub(crate) confirmed: Times,
    /// An event until it is handled and acknowledged.
    pub(crate) handled: Times,
}

impl Limits {
    /// What has no limit.
    pub(crate) const REPORTED: Self = Self {
        one_at_a_time: Times::REPORTED,
        in_flight: Times::REPORTED,
        confirmed: Times::REPORTED,
        handled: Times::REPORTED,
    };
}

/// A connection to a broker without Pontoon, with payloads as JSON and nothing around them, unless it is asked for.
pub(crate) trait Raw: Clone + Send + Sync + 'static {
    /// What it is compared with.
    const BRIDGE: Bridge;

    /// What the bridge may take.
    const LIMITS: Limits;

    /// Whether the broker keeps events for somebody who is not there.
    const KEEPS: bool = true;

    /// How it asks, in words.
    const ASKS: &'static str;

    /// How it learns that an event is safe, in words.
    const CONFIRMED: &'static str;

    /// How events are taken, in words.
    const CONSUMES: &'static str;

    /// Connects, and declares what the unit `office` has at the broker, under names of its own.
    fn connect(url: &str) -> impl Future<Output = Result<Self, Error>> + Send;

    /// The same connection, which says of each request and event what a bridge has to say of them: see [`attributes`].
    fn talkative(&self) -> Self;

    /// Answers requests from now on, each with its own letter.
    fn serve(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Sends a request and waits for the answer.
    fn ask(&self, letter: Letter) -> impl Future<Output = Result<Letter, Error>> + Send;

    /// Publishes an event; done once the broker has confirmed it.
    fn publish(&self, letter: Letter) -> impl Future<Output = Result<(), Error>> + Send;

    /// Takes events from now on: counts each, and acknowledges it then.
    fn consume(&self, counter: Counter) -> impl Future<Output = Result<(), Error>> + Send;

    /// Empties what the broker keeps of events that nobody has taken, ours and the bridge's.
    fn empty(&self) -> impl Future<Output = Result<(), Error>> + Send;

    /// Disconnects.
    fn close(self) -> impl Future<Output = Result<(), Error>> + Send;
}

/// Runs a loop beside its caller. What ends it early stands on stderr, and whoever waits for it runs out of time.
fn beside(work: impl Future<Output = Result<(), Error>> + Send + 'static) {
    tokio::spawn(async move {
        if let Err(error) = work.await {
            eprintln!("by hand: {error}");
        }
    });
}

/// What a bridge says of an event as attributes of CloudEvents, and of a request nearly so: that has no `time` and no
/// `sequence`, and an `expirytime` in their place. They begin with the message's own id.
fn attributes() -> [(&'static str, String); 8] {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    [
        ("id", format!("{next:032x}")),
        ("specversion", "1.0".to_owned()),
        ("source", "/bench/desk/0123456789abcdef".to_owned()),
        ("type", "bench.event.posted.v1".to_owned()),
        ("time", humantime::format_rfc3339_millis(SystemTime::now()).to_string()),
        ("correlationid", format!("{next:032x}")),
        ("sequence", next.to_string()),
        ("traceparent", format!("00-{next:032x}-{next:016x}-01")),
    ]
}
