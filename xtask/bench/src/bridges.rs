//! What crosses a broker: a bridge, with generated units on both sides, against the client library of the broker alone.
//! Both take turns on one broker that nobody else uses.

pub(crate) mod boutique;
pub(crate) mod chain;
mod cpu;
pub(crate) mod events;
pub(crate) mod idle;
pub(crate) mod jobs;
pub(crate) mod ready;
pub(crate) mod request;
mod units;

use crate::rounds::Error;
use pontoon::Client;
use pontoon::adapter::{Amqp, Mqtt, Nats, Template};
use pontoon::client::Remote;
use pontoon::generated::{Environment, Unit, connect};
use pontoon::{Launch, Started};
use pontoon_brokers::{Broker, Kind};
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};

/// The sizes of payloads, in bytes of JSON, and how the table calls them.
const SIZES: [(usize, &str); 2] = [(100, "100 B"), (10_000, "10 kB")];

/// A bridge as the topology has it.
#[derive(Clone, Copy)]
pub(crate) struct Bridge {
    /// What people call it.
    pub(crate) name: &'static str,
    kind: Kind,
    environment: &'static str,
    /// The variable with the address of the broker.
    address: &'static str,
    /// The environment of a caller from outside, for a broker at this address.
    outside: fn(String) -> Environment,
}

pub(crate) const NATS: Bridge = Bridge {
    name: "NATS",
    kind: Kind::Nats,
    environment: "nats",
    address: "NATS_SERVERS",
    outside: |url| Environment::new("here").event_bridge(Box::leak(Box::new(Nats::new(text(url))))),
};

pub(crate) const AMQP: Bridge = Bridge {
    name: "AMQP",
    kind: Kind::Amqp,
    environment: "amqp",
    address: "AMQP_URL",
    outside: |url| Environment::new("here").event_bridge(Box::leak(Box::new(Amqp::new(text(url))))),
};

pub(crate) const MQTT: Bridge = Bridge {
    name: "MQTT",
    kind: Kind::Mqtt,
    environment: "mqtt",
    address: "MQTT_URL",
    outside: |url| Environment::new("here").event_bridge(Box::leak(Box::new(Mqtt::new(text(url), text(client_id()))))),
};

impl Bridge {
    /// Starts a broker that has nothing else to do. Where it may, it writes nothing to the disk.
    fn broker(&self) -> Result<Broker, Error> {
        Ok(Broker::configured(self.kind).volatile().start()?)
    }

    /// The variables of a unit on this bridge.
    fn variables(&self, url: &str) -> [(&'static str, String); 2] {
        [(self.address, url.to_owned()), ("MQTT_CLIENT_ID", client_id())]
    }

    /// Starts a unit in this process.
    async fn start<U: Unit>(&self, url: &str, resources: U::Resources) -> Result<Started<U>, Error> {
        let launch = Launch::new(resources).environment(self.environment).variables(self.variables(url));
        launch.start().await.map_err(|error| error.to_string().into())
    }

    /// A unit that is to be started in a process of its own.
    fn unit<'c>(&self, command: &'c mut Command, url: &str) -> &'c mut Command {
        command.env("PONTOON_ENV", self.environment).envs(self.variables(url))
    }

    /// A caller of a topology from outside, in this process.
    async fn caller(&self, topology: &'static str, url: &str) -> Result<Client<Remote>, Error> {
        let environments = vec![(self.outside)(url.to_owned())];
        connect(topology, environments.leak(), "here").await.map_err(|error| error.to_string().into())
    }
}

/// One that no other client has.
fn client_id() -> String {
    static CLIENTS: AtomicU64 = AtomicU64::new(0);
    format!("bench-{}", CLIENTS.fetch_add(1, Ordering::Relaxed))
}

/// A setting as it stands.
fn text(text: String) -> Template {
    Template::literal(text.leak())
}
