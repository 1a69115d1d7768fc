//! Every kind of broker does what its methods say, judged by clients that speak just enough of each protocol, and
//! leaves nothing behind.

// Tests may expect: a broker that does not do as it is told is what they are about.
#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used)]

mod client;
mod full;
mod left_behind;
mod network;
mod rights;
mod survives;
mod tls;

use std::time::Duration;

/// How long to wait for what has to come.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait for what should not come.
const SILENCE: Duration = Duration::from_millis(300);
