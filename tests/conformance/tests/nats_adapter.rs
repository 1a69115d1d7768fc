//! What only the adapter of NATS has: its objects, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

#[path = "nats_adapter/cluster.rs"]
mod cluster;
#[path = "nats_adapter/core.rs"]
mod core;
#[path = "nats_adapter/credentials.rs"]
mod credentials;
#[path = "nats_adapter/dead_letters.rs"]
mod dead_letters;
#[path = "nats_adapter/harness.rs"]
mod harness;
#[path = "nats_adapter/inboxes.rs"]
mod inboxes;
#[path = "nats_adapter/objects.rs"]
mod objects;
#[path = "nats_adapter/outages.rs"]
mod outages;
#[path = "nats_adapter/outside.rs"]
mod outside;
#[path = "nats_adapter/requests.rs"]
mod requests;
#[path = "nats_adapter/rights.rs"]
mod rights;
#[path = "nats_adapter/sharing.rs"]
mod sharing;
#[path = "nats_adapter/tls.rs"]
mod tls;
