//! The queue bridge over RabbitMQ.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::future::FutureExt as _;
use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use pontoon::adapter::capability::Bridge;
use pontoon::adapter::{Amqp, Instance, QueueAdapter, QueueBridge as _, Setup, Variables};
use pontoon_brokers::{Broker, Error, Kind};
use pontoon_conformance::adapter::{leaked, text};
use pontoon_conformance::queue::{Harness, Place};
use pontoon_conformance::queue_suite;
use pontoon_schema::capability::{Adapter, queue_bridge};
use tokio::task::block_in_place;

struct RabbitMq {
    url: &'static str,
    topology: &'static str,
    subject: &'static str,
    /// Where it is this case's alone.
    broker: Option<Broker>,
}

impl RabbitMq {
    fn at(url: &'static str, broker: Option<Broker>) -> Self {
        static NAMES: AtomicU32 = AtomicU32::new(0);
        let number = NAMES.fetch_add(1, Ordering::Relaxed);
        let topology = leaked(format!("shop_{}_{number}", std::process::id()));
        Self { url, topology, subject: leaked(format!("{topology}.queue.toil")), broker }
    }

    fn does(&self, what: impl Fn(&Broker) -> Result<(), Error>) {
        let broker = self.broker.as_ref().unwrap();
        block_in_place(|| what(broker)).unwrap();
    }
}

/// On a broker that no case hurts.
async fn start() -> RabbitMq {
    RabbitMq::at(block_in_place(|| Broker::shared(Kind::Amqp)).unwrap(), None)
}

/// On a broker of its own.
async fn start_alone() -> RabbitMq {
    let broker = block_in_place(|| Broker::start(Kind::Amqp)).unwrap();
    RabbitMq::at(leaked(broker.url()), Some(broker))
}

impl Harness for RabbitMq {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Amqp).unwrap()
    }

    fn adapter(&self) -> Arc<dyn QueueAdapter> {
        let settings = Amqp::new(text(self.url));
        let mut setup = Setup::new(Instance::new(self.topology, "test"), false, Variables::default());
        // None of the settings is a secret: nothing is waited for.
        let queues = settings.open(&mut setup).now_or_never().unwrap();
        assert!(setup.problems().is_empty(), "{:?}", setup.problems());
        queues.unwrap()
    }

    fn subject(&self) -> &'static str {
        self.subject
    }

    /// RabbitMQ writes down which quorum queues there are half a second after the last one was made; of one that it has
    /// not, a kill leaves nothing.
    async fn settled(&self) {
        tokio::time::sleep(Duration::from_secs(2)).await;
    }

    fn place(&self) -> Option<Place> {
        let program = env!("CARGO_BIN_EXE_worker");
        Some(Place { program, adapter: "amqp", address: self.url.to_owned(), topology: self.topology })
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
        let connection = Connection::connect(self.url, ConnectionProperties::default()).await.unwrap();
        let channel = connection.create_channel().await.unwrap();
        let options = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
        let queue = channel.queue_declare(self.subject.into(), options, FieldTable::default()).await.unwrap();
        u64::from(queue.message_count())
    }
}

queue_suite!(start, start_alone);
