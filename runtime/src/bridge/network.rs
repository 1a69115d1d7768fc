//! The parts that bridges over a network share: consumers, dead letters, reconnecting, circuit breakers, the wire
//! format.

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
#[cfg(any(feature = "amqp", feature = "nats", feature = "redis"))]
mod queue;
mod reconnect;
mod sequences;
mod skew;
#[cfg(feature = "amqp")]
mod window;

use std::time::Duration;

pub use broker_subscription::{BrokerSubscription, ReceivedMessage};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use circuit_breaker::CircuitBreaker;
pub use connection_state::ConnectionState;
pub use consumer::NetworkConsumer;
pub use counters::AtomicCounters;
pub use dead_letters::{DeadLetterPage, DeadLetterQuery, FoundDeadLetter, dead};
#[cfg(any(feature = "amqp", feature = "mqtt"))]
pub(crate) use in_flight::InFlight;
pub use numbering::{Numbered, Numbering};
#[cfg(any(feature = "amqp", feature = "nats", feature = "redis"))]
pub(crate) use queue::{BrokerQueue, NetworkQueue};
pub use reconnect::Reconnect;
#[cfg(feature = "amqp")]
pub(crate) use window::{InFlightWindow, WindowChange};

/// How long something that has no time-out of its own waits for a broker that is away, or that blocks its publishers.
pub const WAIT_LIMIT: Duration = Duration::from_secs(30);

/// How long one attempt to connect may take.
pub const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How many messages of one subscription or command a process has from the broker before it has handled any of them.
pub const PREFETCH: u16 = 256;
