//! The soak, in half a minute: nothing is lost that must not be, and what is lost is counted.

#![allow(missing_docs, reason = "tests")]

use std::time::Duration;

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::soak::{Plan, Report, soak};

async fn short(column: Column) {
    let report = soak(column, Plan { time: Duration::from_secs(30), period: Duration::from_secs(8) }).await;
    println!("{}\n{report}", Report::HEADING);
    assert_eq!(report.problems(), [""; 0], "{report:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn amqp() {
    short(Column::Amqp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jetstream() {
    short(Column::JetStream).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn mqtt() {
    short(Column::Mqtt).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nats_core() {
    short(Column::NatsCore).await;
}
