//! Sockets, TLS, and the thread that connections live on.

pub(crate) mod io_thread;
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis"))]
pub(crate) mod socket;
#[cfg(all(feature = "trust", any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis")))]
pub(crate) mod trust;
