//! The queue bridge over JetStream.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::time::Duration;

use async_nats::jetstream::consumer::pull;
use async_nats::jetstream::stream::Stream;
use pontoon::adapter::Settlement;
use pontoon::adapter::capability::Bridge;
use pontoon_brokers::{Broker, Kind};
use pontoon_conformance::adapter::soon;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, POLICY, QueueAddress, WorkerProgram, job, next};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;
use tokio::time::sleep;

struct JetStream(Broker);

async fn start() -> JetStream {
    JetStream(block_in_place(|| Broker::start(Kind::Nats)).unwrap())
}

impl Backend for JetStream {
    fn broker(&self) -> Option<&Broker> {
        Some(&self.0)
    }
}

impl Harness for JetStream {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Nats).unwrap()
    }

    fn address(&self) -> Option<QueueAddress> {
        Some(QueueAddress { adapter: "nats", url: self.0.url(), topology: "shop" })
    }

    fn program(&self) -> Option<WorkerProgram> {
        Some(env!("CARGO_BIN_EXE_worker"))
    }

    async fn kept(&self) -> u64 {
        self.stream().await.info().await.unwrap().state.messages
    }
}

impl JetStream {
    /// The stream of the queue.
    async fn stream(&self) -> Stream {
        let client = async_nats::connect(self.0.url()).await.unwrap();
        async_nats::jetstream::new(client).get_stream("shop-queue-toil").await.unwrap()
    }
}

queue_suite!(start, start);

/// A server that was killed may take jobs for being worked on that the stream does not have any more. They take up the
/// bound of those that may be, and what is done behind them is not known to be.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_stream_does_not_have_any_more_nobody_works_on() {
    let nats = start().await;
    let worker = nats.queue(POLICY).await;
    let mut taken = Vec::new();
    for number in 1..=3 {
        soon(worker.queue.push(job(number))).await.unwrap();
        taken.push(next(&worker.queue).await);
    }
    // What the server writes down while three are worked on, as it would be after a kill that is never written later.
    let store = nats.0.log_file().with_file_name("jetstream").join("jetstream");
    let state = store.join("$G/streams/shop-queue-toil/obs/workers/o.dat");
    block_in_place(|| nats.0.stop()).unwrap();
    let written = std::fs::read(&state).unwrap();
    block_in_place(|| nats.0.restart()).unwrap();
    for delivery in &taken {
        soon(worker.queue.settle(delivery, Settlement::Release)).await.unwrap();
    }
    let mut done = 0;
    while done < 2 {
        let delivery = next(&worker.queue).await;
        if delivery.message.decode::<u32>().unwrap() > 1 {
            soon(worker.queue.settle(&delivery, Settlement::Ack)).await.unwrap();
            done += 1;
        }
    }
    until("both are gone", async || nats.kept().await == 1).await;
    block_in_place(|| nats.0.stop()).unwrap();
    std::fs::write(&state, written).unwrap();
    block_in_place(|| nats.0.restart()).unwrap();
    let mut workers = nats.stream().await.get_consumer::<pull::Config>("workers").await.unwrap();
    assert_eq!(workers.info().await.unwrap().num_ack_pending, 3);
    until("one is left", async || workers.info().await.unwrap().num_ack_pending == 1).await;
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let holds = async {
        while !condition().await {
            sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(tokio::time::timeout(Duration::from_secs(30), holds).await.is_ok(), "{what}");
}
