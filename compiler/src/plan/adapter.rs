//! How adapters are made in Rust: `Amqp::new(url).username(…).tls(…)`. What is neither in the table nor from elsewhere
//! cannot be generated yet.

use pontoon_schema::capability::{Adapter, Bridge};

use super::environment::Text;
use super::place::Rust;
use super::time::Time;
use crate::topology::{self, Purpose, RustPath};

/// An adapter as it is made in Rust.
#[derive(Clone, Debug)]
pub struct Opening {
    /// Its type.
    pub item: Item,
    /// What has to be known to reach it.
    pub arguments: Vec<Text>,
    /// What else is said, each by the method that takes it.
    pub options: Vec<(String, Text)>,
    /// The lengths of time that are said, each by the method that takes it.
    pub times: Vec<(&'static str, Time)>,
    /// Numbers, and sizes in bytes.
    pub counts: Vec<(&'static str, u64)>,
    /// What is said about its encryption; nothing where it has none.
    pub tls: Option<Vec<(String, Text)>>,
}

/// The type of an adapter.
#[derive(Clone, Debug)]
pub enum Item {
    /// One of the runtime: `Amqp`.
    Runtime(&'static str),
    /// One from elsewhere.
    Custom(Custom),
}

/// An event bridge from elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Custom {
    /// Its type.
    pub path: Rust<RustPath>,
    /// What the topology says that it can do.
    pub capabilities: Bridge,
}

/// The type behind an adapter, and the settings that its constructor and its methods take.
struct Shape {
    adapter: Adapter,
    item: &'static str,
    purposes: &'static [Purpose],
    arguments: &'static [&'static str],
    options: &'static [&'static str],
    times: &'static [&'static str],
    counts: &'static [&'static str],
    sizes: &'static [&'static str],
    /// Whether it leaves the machine, so that it can be encrypted.
    remote: bool,
}

const HERE: Shape = Shape {
    adapter: Adapter::InMemory,
    item: "InMemory",
    purposes: &[],
    arguments: &[],
    options: &[],
    times: &[],
    counts: &[],
    sizes: &[],
    remote: false,
};

const SHAPES: [Shape; 8] = [
    Shape { purposes: &[Purpose::EventBridge, Purpose::QueueBridge, Purpose::StateStore], ..HERE },
    Shape {
        adapter: Adapter::Embedded,
        item: "Embedded",
        purposes: &[Purpose::EventBridge, Purpose::QueueBridge, Purpose::StateStore],
        arguments: &["folder"],
        sizes: &["bound"],
        ..HERE
    },
    Shape { adapter: Adapter::Env, item: "Env", purposes: &LOOKUPS, ..HERE },
    Shape { adapter: Adapter::File, item: "File", purposes: &LOOKUPS, arguments: &["folder"], ..HERE },
    Shape {
        adapter: Adapter::Amqp,
        item: "Amqp",
        purposes: &BRIDGES,
        arguments: &["url"],
        options: &["username", "password"],
        times: &["consumer_timeout"],
        remote: true,
        ..HERE
    },
    Shape {
        adapter: Adapter::Nats,
        item: "Nats",
        purposes: &BRIDGES,
        arguments: &["servers"],
        options: &["username", "password", "token", "credentials", "inbox_prefix"],
        counts: &["replicas"],
        remote: true,
        ..HERE
    },
    Shape {
        adapter: Adapter::Mqtt,
        item: "Mqtt",
        purposes: &[Purpose::EventBridge],
        arguments: &["url", "client_id"],
        options: &["username", "password"],
        remote: true,
        ..HERE
    },
    Shape {
        adapter: Adapter::Redis,
        item: "Redis",
        purposes: &[Purpose::QueueBridge, Purpose::StateStore],
        arguments: &["url"],
        options: &["username", "password"],
        remote: true,
        ..HERE
    },
];

const BRIDGES: [Purpose; 2] = [Purpose::EventBridge, Purpose::QueueBridge];

const LOOKUPS: [Purpose; 2] = [Purpose::SecretStore, Purpose::ConfigStore];

/// The settings of an encrypted connection, and the methods that take them.
const TLS: [(&str, &str); 3] = [("ca", "ca"), ("client_certificate", "certificate"), ("client_key", "key")];

/// The adapters that a bridge or store can be generated with.
pub(super) fn known(purpose: Purpose) -> impl Iterator<Item = Adapter> {
    SHAPES.iter().filter(move |shape| shape.purposes.contains(&purpose)).map(|shape| shape.adapter)
}

/// How the adapter of `connection` is made, if it is one of those.
pub(super) fn opening(purpose: Purpose, connection: &topology::Connection) -> Option<Opening> {
    if connection.custom.is_some() {
        return custom(connection);
    }
    let adapter = connection.adapter.value;
    let shape = SHAPES.iter().find(|shape| shape.adapter == adapter && shape.purposes.contains(&purpose))?;
    let text = |name: &str| Some(Text(connection.settings.get(name)?.value.value.parts.clone()));
    let time = |name: &&'static str| Some((*name, Time(connection.duration(name)?)));
    let count =
        |name: &&'static str| Some((*name, connection.settings.get(name)?.value.value.literal()?.parse().ok()?));
    let size = |name: &&'static str| Some((*name, connection.size(name)?));
    let said = |(name, method): &(&str, &str)| Some(((*method).to_owned(), text(name)?));
    Some(Opening {
        item: Item::Runtime(shape.item),
        arguments: shape.arguments.iter().filter_map(|name| text(name)).collect(),
        options: shape.options.iter().filter_map(|name| Some(((*name).to_owned(), text(name)?))).collect(),
        times: shape.times.iter().filter_map(time).collect(),
        counts: shape.counts.iter().filter_map(count).chain(shape.sizes.iter().filter_map(size)).collect(),
        tls: (shape.remote && connection.tls.value).then(|| TLS.iter().filter_map(said).collect()),
    })
}

/// How an adapter from elsewhere is made: `MyBridge::new().url(…)`, and told that its connection is encrypted if it
/// leaves the process.
fn custom(connection: &topology::Connection) -> Option<Opening> {
    let path = Rust(connection.custom.as_ref()?.value.clone());
    let capabilities = *connection.bridge()?;
    let text = |setting: &topology::Setting| Text(setting.value.value.parts.clone());
    Some(Opening {
        item: Item::Custom(Custom { path, capabilities }),
        arguments: Vec::new(),
        options: connection.custom_settings().map(|(method, setting)| (method.to_owned(), text(setting))).collect(),
        times: Vec::new(),
        counts: Vec::new(),
        tls: (connection.tls.value && !connection.is_here()).then(Vec::new),
    })
}
