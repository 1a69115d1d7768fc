//! What bridges over a network have in common: how long they wait, what waits in this process, how they come back.

#[cfg(feature = "wire")]
pub(crate) mod wire;

mod attempts;
mod broker_subscription;
#[cfg(any(feature = "amqp", feature = "mqtt"))]
mod circuit_breaker;
mod connection_state;
mod consumer;
mod counters;
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

use std::time::Duration;

pub(crate) use broker_subscription::{BrokerSubscription, ReceivedMessage};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use circuit_breaker::CircuitBreaker;
pub(crate) use connection_state::ConnectionState;
pub(crate) use consumer::NetworkConsumer;
pub(crate) use counters::AtomicCounters;
pub(crate) use dead_letters::{DeadLetterPage, DeadLetterQuery, FoundDeadLetter, dead};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use in_flight::InFlight;
pub(crate) use numbering::Numbering;
pub(crate) use reconnect::Reconnect;
#[cfg(feature = "amqp")]
pub(crate) use window::{InFlightWindow, WindowChange};

/// How long something that has no time-out of its own waits for a broker that is away, or that blocks its publishers.
pub(crate) const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// How long one attempt to connect may take.
pub(crate) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many messages of one subscription or command a process has from the broker before it has handled any of them.
pub(crate) const PREFETCH: u16 = 256;
