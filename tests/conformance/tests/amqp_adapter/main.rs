//! What only the adapter of RabbitMQ has: its objects, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

mod bounds;
mod cluster;
mod dead_letters;
mod harness;
mod later;
mod objects;
mod outages;
mod outside;
mod requests;
mod rights;
mod tls;
