//! What every adapter must survive: one suite for each trait, run unchanged against every adapter.
//!
//! A suite asks a harness for adapters on one and the same broker or store, and for that to be killed, frozen and
//! started again. What is expected is in the adapter's row of the capability table: what a row does not have is
//! refused, not skipped.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, reason = "tests, where no #[test] stands on them")]

pub mod adapter;
pub mod backend;
pub mod event_bridge;
pub mod gatherer;
pub mod keeper;
pub mod mixed;
pub mod queue;
pub mod soak;
pub mod state;
pub mod system;
pub mod unit;

pontoon::topology!();
