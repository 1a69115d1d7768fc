//! Sockets, TLS, and the thread that connections live on.

pub(crate) mod io_thread;
#[cfg(any(feature = "amqp", feature = "mqtt", feature = "redis"))]
pub(crate) mod socket;
#[cfg(all(feature = "trust", any(feature = "wire", feature = "redis")))]
pub(crate) mod trust;
