//! The soaks, in half a minute: nothing is lost that must not be, and what is lost is counted.

#![allow(missing_docs, reason = "tests")]

use std::time::Duration;

use pontoon_conformance::event_bridge::Column;
use pontoon_conformance::soak::jobs::QueueColumn;
use pontoon_conformance::soak::{Plan, events, jobs};

async fn short(column: Column) {
    let report = events::soak(column, Plan { time: Duration::from_secs(30), period: Duration::from_secs(8) }).await;
    println!("{}\n{report}", events::Report::HEADING);
    assert_eq!(report.problems(), [""; 0], "{report:?}");
}

async fn short_queue(column: QueueColumn) {
    let plan = Plan { time: Duration::from_secs(12), period: Duration::from_secs(4) };
    let report = jobs::soak(column, env!("CARGO_BIN_EXE_keeper"), plan).await;
    println!("{}\n{report}", jobs::Report::HEADING);
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_amqp() {
    short_queue(QueueColumn::Amqp).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_nats() {
    short_queue(QueueColumn::Nats).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_redis() {
    short_queue(QueueColumn::Redis).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queue_embedded() {
    short_queue(QueueColumn::Embedded).await;
}
