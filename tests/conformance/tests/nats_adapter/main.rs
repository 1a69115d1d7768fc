//! What only the adapter of NATS has: its objects, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

mod cluster;
mod core;
mod credentials;
mod dead_letters;
mod harness;
mod inboxes;
mod objects;
mod outages;
mod outside;
mod requests;
mod rights;
mod sharing;
mod tls;
