//! What only the adapter of MQTT has: its sessions, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

mod attempts;
mod audience;
mod computing;
mod dead_letters;
mod fake;
mod harness;
mod outages;
mod outside;
mod refusals;
mod replies;
mod requests;
mod rights;
mod sharing;
mod tls;
