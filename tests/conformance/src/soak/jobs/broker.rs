//! A queue at a broker: one unit puts jobs in, and two instances of another one do them.

use std::sync::Arc;
use std::time::Duration;

use pontoon::adapter::{JobQueue, QueueAdapter};
use pontoon::generated::{Queue, Unit};
use pontoon::{BridgeError, Launch, Started};
use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;
use tokio::time::sleep;

use super::{Held, SoakedQueue, Tally};
use crate::backend::Backend;
use crate::queue::QueueAddress;
use crate::system::contract::Note;
use crate::system::script::Script;
use crate::system::{office, workshop};
use crate::topology::queue::Chores;
use crate::topology::{self, chores};

/// A queue at a broker, with the units that work on it.
pub(super) struct QueueAtBroker {
    office: Started<chores::office::Office>,
    /// Dropped with the rest, and not before.
    _workshops: [Started<chores::workshop::Workshop>; 2],
    /// Who looks at the queue, and takes nothing from it.
    _adapter: Arc<dyn QueueAdapter>,
    queue: Arc<dyn JobQueue>,
    broker: Broker,
}

impl QueueAtBroker {
    pub(super) async fn start(kind: Kind, tally: &Tally) -> Self {
        let broker = block_in_place(|| Broker::start(kind)).expect("a broker");
        let script = Script::counting(&tally.done);
        let workshop = || chores::workshop::Resources { workshop: workshop::Resources { script: script.clone() } };
        let workshops = [unit(&broker, workshop()).await, unit(&broker, workshop()).await];
        let office = unit(&broker, chores::office::Resources { office: office::Resources {} }).await;
        let adapter = QueueAddress { adapter: word(kind), url: broker.url(), topology: "suite" }.open();
        let queue = adapter.queue(Chores::SUBJECT, Chores::POLICY);
        adapter.connect().await.expect("a queue");
        Self { office, _workshops: workshops, _adapter: adapter, queue, broker }
    }
}

/// A unit that has started.
async fn unit<U: Unit>(broker: &Broker, resources: U::Resources) -> Started<U> {
    let variable = match broker.kind() {
        Kind::Amqp => "AMQP_URL",
        Kind::Nats => "NATS_SERVERS",
        Kind::Mqtt => "MQTT_URL",
        Kind::Redis => "REDIS_URL",
    };
    let launch = Launch::<U>::new(resources).environment(format!("{}_jobs", word(broker.kind())));
    launch.variables([(variable.to_owned(), broker.url())]).start().await.expect("a unit that starts")
}

/// The adapter's word in a topology.
fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Amqp => "amqp",
        Kind::Nats => "nats",
        Kind::Mqtt => "mqtt",
        Kind::Redis => "redis",
    }
}

impl Backend for QueueAtBroker {
    fn broker(&self) -> Option<&Broker> {
        Some(&self.broker)
    }
}

impl SoakedQueue for QueueAtBroker {
    async fn send(&self, number: u64) -> bool {
        self.office.client().invoke(topology::office::Assign, Note::of(number)).await.is_ok()
    }

    async fn crash(&self) {
        self.kill().await;
        sleep(Duration::from_millis(500)).await;
        self.restart().await;
    }

    async fn held(&self) -> Result<Held, BridgeError> {
        Held::by(&self.queue).await
    }
}
