//! What a deployment needs in one environment: adapters, variables, secrets, and the order of starting.

use std::fmt;

use pontoon_schema::capability::Adapter;
use serde::{Serialize, Serializer};

use super::adapter::{self, Opening};
use super::deployment::Route;
use super::order;
use super::unit::Unit;
use crate::topology::{self, EnvironmentId, Located, Origin, Provision, Purpose, Reference, TextPart, Topology};

/// One environment of a deployment.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// What the topology says about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Whether losing data at a restart is acceptable here.
    pub ephemeral: bool,
    /// Whether broker objects are made at start (`create`), or only checked (`verify`).
    #[serde(serialize_with = "word")]
    pub provision: Provision,
    /// Its bridges and stores.
    pub connections: Vec<Connection>,
    /// What is only planned so far: `authentication.staff.jwt.issuer`, `http.body`, `telemetry.level`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub planned: Vec<Setting>,
    /// The features of the crate `pontoon` that its adapters need.
    pub features: Vec<&'static str>,
    /// The variables that are read when a unit starts.
    pub variables: Vec<Variable>,
    /// The secrets that the adapters themselves need.
    pub secrets: Vec<String>,
    /// The settings that the adapters read from the config store.
    pub settings: Vec<String>,
    /// How subscriptions that are ordered are handled where there are several instances.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub order: Vec<String>,
    /// What starts when, the first one first.
    pub start: Vec<String>,
    /// What stops when.
    pub stop: Vec<String>,
}

/// A bridge or store, and how it is reached.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// What it is for: `event_bridge`.
    #[serde(serialize_with = "key")]
    pub purpose: Purpose,
    /// Its adapter: `in_memory`.
    #[serde(serialize_with = "name")]
    pub adapter: Adapter,
    /// What is written below the adapter.
    pub settings: Vec<Setting>,
    /// Whether it is reached over TLS. What does not leave the machine is not.
    pub tls: bool,
    /// How its adapter is made in Rust; nothing for one that cannot be generated yet.
    #[serde(skip)]
    pub opening: Option<Opening>,
}

/// A setting of a bridge or store. Nested keys are joined by a dot.
#[derive(Clone, Debug, Serialize)]
pub struct Setting {
    /// Its key.
    pub name: String,
    /// Its value.
    pub value: Text,
}

/// A text with variables, secrets and settings in it, which shows itself as the topology writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text(pub Vec<TextPart>);

/// A variable of the process environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is where it is not set. Without a default it has to be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// What units that make `routes` need of an environment.
pub(super) fn plan(topology: &Topology, id: EnvironmentId, units: &[Unit], routes: &[Route]) -> Environment {
    let environment = &topology.environments[id];
    let connections = environment.connections().collect();
    Needed { environment, connections, references: environment.references().collect() }.plan(units, routes)
}

/// What a caller from outside needs of it: the event bridge, and what that is opened with.
pub(super) fn of_client(topology: &Topology, id: EnvironmentId) -> Environment {
    let environment = &topology.environments[id];
    let connections = environment.for_clients();
    let references = connections.iter().flat_map(|(_, connection)| &connection.settings.references).collect();
    Needed { environment, connections, references }.plan(&[], &[])
}

/// The part of an environment that somebody needs.
struct Needed<'a> {
    environment: &'a topology::Environment,
    connections: Vec<(Purpose, &'a topology::Connection)>,
    references: Vec<&'a Located<Reference>>,
}

impl Needed<'_> {
    fn plan(&self, units: &[Unit], routes: &[Route]) -> Environment {
        let connections: Vec<Connection> =
            self.connections.iter().map(|(purpose, it)| connection(*purpose, it)).collect();
        let start = order::start(&connections, units, routes);
        Environment {
            name: self.environment.name.value.clone(),
            description: self.environment.description.clone(),
            planned: planned(self.environment),
            ephemeral: self.environment.ephemeral.value,
            provision: self.environment.provision.value,
            features: self.features(),
            variables: self.variables(),
            secrets: self.names(Origin::Secret),
            settings: self.names(Origin::Config),
            order: self.order(units),
            stop: start.iter().rev().cloned().collect(),
            start,
            connections,
        }
    }

    fn order(&self, units: &[Unit]) -> Vec<String> {
        let bridge = self.connections.iter().find(|(purpose, _)| *purpose == Purpose::EventBridge);
        let how = match bridge.map(|(_, connection)| connection.adapter.value) {
            Some(Adapter::Nats) => "one message at a time, whatever its key and in whatever instance",
            Some(Adapter::Amqp) => "by key, in one instance at a time",
            _ => return Vec::new(),
        };
        let ordered = units.iter().flat_map(|unit| &unit.listens).filter(|listener| listener.ordered);
        ordered.map(|listener| format!("{}: {how}", listener.marker)).collect()
    }

    fn features(&self) -> Vec<&'static str> {
        let mut features = Vec::new();
        for feature in self.connections.iter().flat_map(|(_, connection)| connection.features()) {
            if !features.contains(&feature) {
                features.push(feature);
            }
        }
        features
    }

    fn variables(&self) -> Vec<Variable> {
        let mut variables: Vec<Variable> = Vec::new();
        for reference in self.references(Origin::Variable) {
            let variable = Variable { name: reference.name.clone(), default: reference.default.clone() };
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        }
        variables
    }

    fn names(&self, origin: Origin) -> Vec<String> {
        let mut names = Vec::new();
        for reference in self.references(origin) {
            if !names.contains(&reference.name) {
                names.push(reference.name.clone());
            }
        }
        names
    }

    fn references(&self, origin: Origin) -> impl Iterator<Item = &Reference> {
        self.references.iter().map(|reference| &reference.value).filter(move |reference| reference.origin == origin)
    }
}

fn planned(environment: &topology::Environment) -> Vec<Setting> {
    let keys = [
        ("authentication", &environment.authentication),
        ("http", &environment.http),
        ("telemetry", &environment.telemetry),
    ];
    let settings = keys.into_iter().filter_map(|(key, settings)| Some((key, settings.as_ref()?)));
    let settings = settings.flat_map(|(key, settings)| settings.entries.iter().map(move |entry| (key, entry)));
    let setting = |(key, entry): (&str, &topology::Setting)| Setting {
        name: format!("{key}.{}", entry.name.value),
        value: Text(entry.value.value.parts.clone()),
    };
    settings.map(setting).collect()
}

fn connection(purpose: Purpose, connection: &topology::Connection) -> Connection {
    let settings = connection.settings.entries.iter();
    let settings = settings
        .map(|setting| Setting { name: setting.name.value.clone(), value: Text(setting.value.value.parts.clone()) });
    Connection {
        purpose,
        adapter: connection.adapter.value,
        settings: settings.collect(),
        tls: connection.tls.value && !connection.is_here(),
        opening: adapter::opening(purpose, connection),
    }
}

fn key<S: Serializer>(purpose: &Purpose, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(purpose.key())
}

fn word<S: Serializer>(provision: &Provision, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(match provision {
        Provision::Create => "create",
        Provision::Verify => "verify",
    })
}

fn name<S: Serializer>(adapter: &Adapter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(adapter.name())
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for part in &self.0 {
            let Reference { origin, name, default } = match part {
                TextPart::Literal(text) => {
                    f.write_str(text)?;
                    continue;
                }
                TextPart::Reference(reference) => reference,
            };
            let origin = match origin {
                Origin::Variable => "",
                Origin::Secret => "secret:",
                Origin::Config => "config:",
            };
            match default {
                Some(default) => write!(f, "${{{origin}{name}:-{default}}}")?,
                None => write!(f, "${{{origin}{name}}}")?,
            }
        }
        Ok(())
    }
}

impl Serialize for Text {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
