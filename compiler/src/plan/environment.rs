//! What a deployment needs in one environment: adapters, variables, secrets, and the order of starting.

use serde::Serialize;

use super::deployment::Route;
use super::order;
use super::unit::Unit;
use crate::topology::{self, EnvironmentId, Origin, Provision, Reference, Setting, TextPart, Topology};

/// One environment of a deployment.
#[derive(Clone, Debug, Serialize)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// Whether losing data at a restart is acceptable here.
    pub ephemeral: bool,
    /// Whether broker objects are made at start (`create`), or only checked (`verify`).
    pub provision: &'static str,
    /// Its bridges and stores.
    pub connections: Vec<Connection>,
    /// The features of the crate `pontoon` that its adapters need.
    pub features: Vec<&'static str>,
    /// The variables that are read when a unit starts.
    pub variables: Vec<Variable>,
    /// The secrets that the adapters themselves need.
    pub secrets: Vec<String>,
    /// The settings that the adapters read from the config store.
    pub settings: Vec<String>,
    /// What starts when, the first one first.
    pub start: Vec<String>,
    /// What stops when.
    pub stop: Vec<String>,
}

/// A bridge or store, and how it is reached.
#[derive(Clone, Debug, Serialize)]
pub struct Connection {
    /// The key in the topology: `event_bridge`.
    pub purpose: &'static str,
    /// Its adapter: `in_memory`.
    pub adapter: &'static str,
    /// What is written below the adapter, as it is written.
    pub settings: Vec<(String, String)>,
    /// Whether it is reached over TLS. The process's own adapters are not reached at all.
    pub tls: bool,
}

/// A variable of the process environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// What it is where it is not set. Without a default it has to be set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

pub(super) fn plan(topology: &Topology, id: EnvironmentId, units: &[Unit], routes: &[Route]) -> Environment {
    let environment = &topology.environments[id];
    let connections: Vec<Connection> = environment.connections().map(connection).collect();
    let start = order::start(&connections, units, routes);
    Environment {
        name: environment.name.value.clone(),
        ephemeral: environment.ephemeral.value,
        provision: match environment.provision.value {
            Provision::Create => "create",
            Provision::Verify => "verify",
        },
        features: features(environment),
        variables: variables(environment),
        secrets: names(environment, Origin::Secret),
        settings: names(environment, Origin::Config),
        stop: start.iter().rev().cloned().collect(),
        start,
        connections,
    }
}

fn connection((purpose, connection): (topology::Purpose, &topology::Connection)) -> Connection {
    let adapter = connection.adapter.value;
    Connection {
        purpose: purpose.key(),
        adapter: adapter.name(),
        settings: connection.settings.entries.iter().map(setting).collect(),
        tls: connection.tls.value && !adapter.stays_in_process(),
    }
}

fn setting(setting: &Setting) -> (String, String) {
    (setting.name.value.clone(), setting.value.value.parts.iter().map(written).collect())
}

/// A part of a text as the topology writes it.
fn written(part: &TextPart) -> String {
    let reference = match part {
        TextPart::Literal(text) => return text.clone(),
        TextPart::Reference(reference) => reference,
    };
    let name = &reference.name;
    let default = reference.default.as_ref().map(|default| format!(":-{default}")).unwrap_or_default();
    match reference.origin {
        Origin::Variable => format!("${{{name}{default}}}"),
        Origin::Secret => format!("${{secret:{name}{default}}}"),
        Origin::Config => format!("${{config:{name}{default}}}"),
    }
}

fn features(environment: &topology::Environment) -> Vec<&'static str> {
    let mut features = Vec::new();
    for (_, connection) in environment.connections() {
        if let Some(feature) = connection.adapter.value.feature().filter(|feature| !features.contains(feature)) {
            features.push(feature);
        }
    }
    features
}

fn variables(environment: &topology::Environment) -> Vec<Variable> {
    let mut variables: Vec<Variable> = Vec::new();
    for reference in references(environment, Origin::Variable) {
        let variable = Variable { name: reference.name.clone(), default: reference.default.clone() };
        if !variables.contains(&variable) {
            variables.push(variable);
        }
    }
    variables
}

fn names(environment: &topology::Environment, origin: Origin) -> Vec<String> {
    let mut names = Vec::new();
    for reference in references(environment, origin) {
        if !names.contains(&reference.name) {
            names.push(reference.name.clone());
        }
    }
    names
}

fn references(environment: &topology::Environment, origin: Origin) -> impl Iterator<Item = &Reference> {
    environment.references().map(|reference| &reference.value).filter(move |reference| reference.origin == origin)
}
