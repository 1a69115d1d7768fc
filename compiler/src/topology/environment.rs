//! Environments, with everything that they inherit filled in. What several of them inherit is shared.

use std::rc::Rc;
use std::time::Duration;

use pontoon_schema::capability::{self, Adapter, Bridge, Lookup, StateStore};
use pontoon_schema::document;

use super::{EnvironmentId, Located, RustPath};
use crate::source::Span;

/// A choice of bridges and stores. Inherited values keep the span at which they are written.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its key under `environments:`.
    pub name: Located<String>,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The environment that it inherits from.
    pub extends: Option<Located<EnvironmentId>>,
    /// Whether losing data at a restart is acceptable here. Environments that are not ephemeral are "hard".
    pub ephemeral: Located<bool>,
    /// What carries commands and events.
    pub event_bridge: Option<Connection>,
    /// What carries jobs.
    pub queue_bridge: Option<Connection>,
    /// Where state is kept.
    pub state_store: Option<Connection>,
    /// Where secrets are read.
    pub secret_store: Option<Connection>,
    /// Where settings are read.
    pub config_store: Option<Connection>,
    /// Whether broker objects are made at start, or only checked.
    pub provision: Located<Provision>,
    /// Where traces and metrics go.
    pub telemetry: Option<Rc<Settings>>,
    /// The ways in which callers from outside prove who they are: `staff.jwt.issuer`.
    pub authentication: Option<Rc<Settings>>,
    /// Limits of the HTTP listener.
    pub http: Option<Rc<Settings>>,
}

impl Environment {
    /// Whether losing data matters here.
    pub fn is_hard(&self) -> bool {
        !self.ephemeral.value
    }

    /// Its bridges and stores, each with what it is for.
    pub fn connections(&self) -> impl Iterator<Item = (Purpose, &Connection)> {
        [
            (Purpose::EventBridge, &self.event_bridge),
            (Purpose::QueueBridge, &self.queue_bridge),
            (Purpose::StateStore, &self.state_store),
            (Purpose::SecretStore, &self.secret_store),
            (Purpose::ConfigStore, &self.config_store),
        ]
        .into_iter()
        .filter_map(|(purpose, connection)| Some((purpose, connection.as_ref()?)))
    }

    /// What a caller from outside reaches it by: the event bridge, and the secret store where that is opened with a
    /// secret.
    pub fn for_clients(&self) -> Vec<(Purpose, &Connection)> {
        let Some(bridge) = &self.event_bridge else { return Vec::new() };
        let mut references = bridge.settings.references.iter();
        let secrets = self.secret_store.as_ref().filter(|_| references.any(|it| it.value.origin == Origin::Secret));
        let secrets = secrets.map(|store| (Purpose::SecretStore, store));
        std::iter::once((Purpose::EventBridge, bridge)).chain(secrets).collect()
    }

    /// Every `${…}` of this environment, with the text that it stands in.
    pub fn references(&self) -> impl Iterator<Item = &Located<Reference>> {
        let connections = self.connections().map(|(_, connection)| &connection.settings);
        let others = [&self.telemetry, &self.authentication, &self.http].into_iter().flatten();
        connections.chain(others).flat_map(|settings| &settings.references)
    }
}

/// What a connection is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Purpose {
    /// Commands and events.
    EventBridge,
    /// Jobs.
    QueueBridge,
    /// State collections.
    StateStore,
    /// Secrets.
    SecretStore,
    /// Settings.
    ConfigStore,
}

impl Purpose {
    /// The key in the topology: `event_bridge`.
    pub fn key(self) -> &'static str {
        match self {
            Purpose::EventBridge => "event_bridge",
            Purpose::QueueBridge => "queue_bridge",
            Purpose::StateStore => "state_store",
            Purpose::SecretStore => "secret_store",
            Purpose::ConfigStore => "config_store",
        }
    }
}

/// What a bridge or store can do: the row of its adapter in the capability table, or what the topology says of an
/// adapter from elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capabilities {
    /// Of an event bridge or a queue bridge.
    Bridge(Bridge),
    /// Of a state store.
    StateStore(StateStore),
    /// Of a secret store or a config store.
    Lookup(Lookup),
}

impl Capabilities {
    /// What the table says of an adapter in this role, if it can have it.
    pub fn of(purpose: Purpose, adapter: Adapter) -> Option<Self> {
        match purpose {
            Purpose::EventBridge => capability::event_bridge(adapter).copied().map(Self::Bridge),
            Purpose::QueueBridge => capability::queue_bridge(adapter).copied().map(Self::Bridge),
            Purpose::StateStore => capability::state_store(adapter).copied().map(Self::StateStore),
            Purpose::SecretStore => capability::secret_store(adapter).copied().map(Self::Lookup),
            Purpose::ConfigStore => capability::config_store(adapter).copied().map(Self::Lookup),
        }
    }

    /// Whether what was given to it is kept when its process ends. Where it is given nothing, it is.
    pub fn keeps(&self) -> bool {
        match self {
            Self::Bridge(bridge) => bridge.durable,
            Self::StateStore(store) => store.durable,
            Self::Lookup(_) => true,
        }
    }
}

/// A bridge or store: its adapter, and how to reach it.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The key under which it is written: `event_bridge`, perhaps of a parent.
    pub key: Span,
    /// The adapter.
    pub adapter: Located<Adapter>,
    /// The Rust type of an adapter from elsewhere.
    pub custom: Option<Located<RustPath>>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// Everything written below the adapter.
    pub settings: Rc<Settings>,
    /// Whether TLS is required. `false` only where the topology says `tls: disabled`, there.
    pub tls: Located<bool>,
}

/// Under which key an adapter from elsewhere has its settings.
const CUSTOM: &str = "settings.";

impl Connection {
    /// What it is called: `amqp`, or the Rust type of an adapter from elsewhere.
    pub fn name(&self) -> &str {
        self.custom.as_ref().map_or_else(|| self.adapter.value.name(), |path| path.value.as_str())
    }

    /// What it can do, where it is a bridge.
    pub fn bridge(&self) -> Option<&Bridge> {
        match &self.capabilities {
            Capabilities::Bridge(bridge) => Some(bridge),
            _ => None,
        }
    }

    /// What it can do, where it is a state store.
    pub fn state_store(&self) -> Option<&StateStore> {
        match &self.capabilities {
            Capabilities::StateStore(store) => Some(store),
            _ => None,
        }
    }

    /// What it can do, where it is a secret store or a config store.
    pub fn lookup(&self) -> Option<&Lookup> {
        match &self.capabilities {
            Capabilities::Lookup(store) => Some(store),
            _ => None,
        }
    }

    /// Whether it is a bridge that does not leave its process.
    pub fn stays_in_process(&self) -> bool {
        self.bridge().is_some_and(|bridge| !bridge.crosses_processes)
    }

    /// Whether nothing of it is elsewhere: it is in the process, or on the disk of the machine.
    pub fn is_here(&self) -> bool {
        match self.adapter.value {
            Adapter::InMemory | Adapter::Embedded | Adapter::Env | Adapter::File => true,
            Adapter::Custom => self.stays_in_process(),
            _ => false,
        }
    }

    /// What an adapter from elsewhere is given, each under the name of the method that takes it.
    pub fn custom_settings(&self) -> impl Iterator<Item = (&str, &Setting)> {
        let entries = self.settings.entries.iter().filter(|_| self.custom.is_some());
        entries.filter_map(|setting| Some((setting.name.value.strip_prefix(CUSTOM)?, setting)))
    }

    /// The features of the crate `pontoon` without which it cannot be opened.
    pub fn features(&self) -> impl Iterator<Item = &'static str> {
        let adapter = self.adapter.value;
        adapter.feature().into_iter().chain(adapter.tls_feature().filter(|_| self.tls.value))
    }

    /// The setting called `name` in bytes, where it is a size.
    pub fn size(&self, name: &str) -> Option<u64> {
        let written: document::Size = self.settings.get(name)?.value.value.literal()?.parse().ok()?;
        Some(written.as_bytes())
    }

    /// The setting called `name`, where it is a length of time.
    pub fn duration(&self, name: &str) -> Option<Duration> {
        let written: document::Duration = self.settings.get(name)?.value.value.literal()?.parse().ok()?;
        Some(written.as_std())
    }
}

/// Whether the objects of a broker (exchanges, streams, queues) are made at start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provision {
    /// They are made.
    Create,
    /// They have to be there, with the right settings.
    Verify,
}

/// A mapping of the topology as flat list: nested keys are joined by a dot.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The mapping as a whole.
    pub span: Span,
    /// Its scalars, in the order of the file.
    pub entries: Vec<Setting>,
    /// Every `${…}` in them, with the text that it stands in.
    pub references: Vec<Located<Reference>>,
}

impl Settings {
    /// The setting called `name`: `url`, `http.body_limit`.
    pub fn get(&self, name: &str) -> Option<&Setting> {
        self.entries.iter().find(|entry| entry.name.value == name)
    }
}

/// One key and its scalar.
#[derive(Clone, Debug)]
pub struct Setting {
    /// The key.
    pub name: Located<String>,
    /// The value, with its `${…}` taken apart.
    pub value: Located<Text>,
}

/// A scalar that may refer to variables, secrets and settings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    /// Its parts, in order.
    pub parts: Vec<TextPart>,
}

impl Text {
    /// The text, if it refers to nothing.
    pub fn literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [TextPart::Literal(text)] => Some(text),
            _ => None,
        }
    }
}

/// A part of a [`Text`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextPart {
    /// Stands for itself.
    Literal(String),
    /// Is read when the process starts.
    Reference(Reference),
}

/// A `${…}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Reference {
    /// Where it is read.
    pub origin: Origin,
    /// Its name there.
    pub name: String,
    /// What it is where it is not set.
    pub default: Option<String>,
}

/// Where a `${…}` is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// `${NAME}`: the process environment.
    Variable,
    /// `${secret:name}`: the secret store of the same environment.
    Secret,
    /// `${config:name}`: its config store.
    Config,
}
