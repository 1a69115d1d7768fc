//! The queue bridge over JetStream.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::Arc;

use futures_util::future::FutureExt as _;
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::{Instance, Nats, QueueAdapter, QueueBridge as _, Setup, Variables};
use pontoon_brokers::{Broker, Error, Kind};
use pontoon_conformance::adapter::text;
use pontoon_conformance::queue::{Harness, Place};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;

struct JetStream(Broker);

async fn start() -> JetStream {
    JetStream(block_in_place(|| Broker::start(Kind::Nats)).unwrap())
}

impl JetStream {
    fn does(&self, what: impl Fn(&Broker) -> Result<(), Error>) {
        block_in_place(|| what(&self.0)).unwrap();
    }
}

impl Harness for JetStream {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Nats).unwrap()
    }

    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        let settings = Nats::new(text(self.0.url()));
        let mut setup = Setup::new(Instance::new("shop", "test"), false, Variables::default());
        // None of the settings is a secret: nothing is waited for.
        let queues = settings.open(&mut setup).now_or_never().unwrap();
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        queues.unwrap()
    }

    fn place(&self) -> Option<Place> {
        let program = env!("CARGO_BIN_EXE_worker");
        Some(Place { program, adapter: "nats", address: self.0.url(), topology: "shop" })
    }

    async fn kill(&self) {
        self.does(Broker::kill);
    }

    async fn restart(&self) {
        self.does(Broker::restart);
    }

    async fn freeze(&self) {
        self.does(Broker::pause);
    }

    async fn thaw(&self) {
        self.does(Broker::resume);
    }

    async fn kept(&self) -> u64 {
        let client = async_nats::connect(self.0.url()).await.unwrap();
        let jetstream = async_nats::jetstream::new(client);
        let mut stream = jetstream.get_stream("shop-queue-toil").await.unwrap();
        stream.info().await.unwrap().state.messages
    }
}

queue_suite!(start, start);
