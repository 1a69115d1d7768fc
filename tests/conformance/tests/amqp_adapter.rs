//! What only the adapter of RabbitMQ has: its objects, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

#[path = "amqp_adapter/bounds.rs"]
mod bounds;
#[path = "amqp_adapter/cluster.rs"]
mod cluster;
#[path = "amqp_adapter/dead_letters.rs"]
mod dead_letters;
#[path = "amqp_adapter/harness.rs"]
mod harness;
#[path = "amqp_adapter/later.rs"]
mod later;
#[path = "amqp_adapter/objects.rs"]
mod objects;
#[path = "amqp_adapter/outages.rs"]
mod outages;
#[path = "amqp_adapter/outside.rs"]
mod outside;
#[path = "amqp_adapter/requests.rs"]
mod requests;
#[path = "amqp_adapter/rights.rs"]
mod rights;
#[path = "amqp_adapter/tls.rs"]
mod tls;
