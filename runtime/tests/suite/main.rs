//! The runtime on a unit that is written by hand as generated code is, under tokio's paused clock.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]
#![allow(unreachable_pub, reason = "the modules of one test")]

mod batches;
mod calls;
mod claims;
mod contract;
mod deadlines;
mod events;
mod faulty;
mod forgotten;
mod idempotency;
mod lost;
mod metadata;
mod outbox;
mod panics;
mod queues;
mod relay;
mod round_trip;
mod schedules;
mod scope;
mod script;
mod shutdown;
mod starting;
mod state;
mod stub;
mod unit;
