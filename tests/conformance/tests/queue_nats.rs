//! The queue bridge over JetStream.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use pontoon::adapter::capability::Bridge;
use pontoon_brokers::{Broker, Kind};
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, QueueAddress, WorkerProgram};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;

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
        let client = async_nats::connect(self.0.url()).await.unwrap();
        let jetstream = async_nats::jetstream::new(client);
        let mut stream = jetstream.get_stream("shop-queue-toil").await.unwrap();
        stream.info().await.unwrap().state.messages
    }
}

queue_suite!(start, start);
