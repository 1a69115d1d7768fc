//! What every adapter must survive: one suite for each trait, run unchanged against every adapter.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "tests, in a crate of their own: what goes wrong in them is a failure"
)]

pub mod event_bridge;
pub mod system;
pub mod topology;
