//! What only the adapter of MQTT has: its sessions, its rights, its connections, and what other programs see of it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

#[path = "mqtt_adapter/attempts.rs"]
mod attempts;
#[path = "mqtt_adapter/audience.rs"]
mod audience;
#[path = "mqtt_adapter/computing.rs"]
mod computing;
#[path = "mqtt_adapter/dead_letters.rs"]
mod dead_letters;
#[path = "mqtt_adapter/fake.rs"]
mod fake;
#[path = "mqtt_adapter/harness.rs"]
mod harness;
#[path = "mqtt_adapter/outages.rs"]
mod outages;
#[path = "mqtt_adapter/outside.rs"]
mod outside;
#[path = "mqtt_adapter/refusals.rs"]
mod refusals;
#[path = "mqtt_adapter/replies.rs"]
mod replies;
#[path = "mqtt_adapter/requests.rs"]
mod requests;
#[path = "mqtt_adapter/rights.rs"]
mod rights;
#[path = "mqtt_adapter/sharing.rs"]
mod sharing;
#[path = "mqtt_adapter/tls.rs"]
mod tls;
