//! The queue bridge over RabbitMQ.

#![allow(clippy::unwrap_used, reason = "a test, also where no #[test] stands on it")]

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use lapin::options::QueueDeclareOptions;
use lapin::types::FieldTable;
use lapin::{Connection, ConnectionProperties};
use pontoon::adapter::capability::Bridge;
use pontoon_brokers::{Broker, Kind};
use pontoon_conformance::adapter::leaked;
use pontoon_conformance::backend::Backend;
use pontoon_conformance::queue::{Harness, QueueAddress, WorkerProgram};
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

impl Backend for RabbitMq {
    fn broker(&self) -> Option<&Broker> {
        self.broker.as_ref()
    }
}

impl Harness for RabbitMq {
    fn row(&self) -> &'static Bridge {
        queue_bridge(Adapter::Amqp).unwrap()
    }

    fn address(&self) -> Option<QueueAddress> {
        Some(QueueAddress { adapter: "amqp", url: self.url.to_owned(), topology: self.topology })
    }

    fn program(&self) -> Option<WorkerProgram> {
        Some(env!("CARGO_BIN_EXE_worker"))
    }

    fn subject(&self) -> &'static str {
        self.subject
    }

    /// RabbitMQ writes down which quorum queues there are half a second after the last one was made; of one that it has
    /// not, a kill leaves nothing.
    async fn settled(&self) {
        tokio::time::sleep(Duration::from_secs(2)).await;
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
