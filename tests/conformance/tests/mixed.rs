//! The mixed soak, in its short form: whatever is killed, frozen, cut off, replaced or renamed, each payment is taken
//! once, recorded once, and entered in order, and its receipt is issued once.

#![allow(missing_docs, reason = "tests")]

use std::time::Duration;

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::mixed::{Plan, Report, mixed};

/// Without a job that ends its process: that takes minutes, as a bridge cannot tell which of its deliveries was an
/// attempt, and each waits until the claim of the one before has ended.
async fn short(column: Column, seed: u64, poisons: u32) {
    let plan = Plan { time: Duration::from_secs(30), seed, poisons, poison_jobs: 0 };
    let report = mixed(column, env!("CARGO_BIN_EXE_unit"), plan).await;
    println!("{}\n{report}", Report::HEADING);
    let (problems, history) = (report.problems.join("\n"), report.history.join("\n"));
    assert!(report.problems.is_empty(), "{problems}\n\n{history}\n\n{problems}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amqp() {
    short(Column::Amqp, 1, 1).await;
}

/// Without an event that ends its process: JetStream waits half a minute for each attempt at it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jetstream() {
    short(Column::JetStream, 2, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt() {
    short(Column::Mqtt, 3, 1).await;
}
