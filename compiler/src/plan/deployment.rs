//! A way to deploy: its units, the route of every call between handlers, and the environments that it runs in.

use pontoon_schema::document::Size;
use serde::Serialize;

use super::contents::Contents;
use super::environment::{self, Environment};
use super::operation::subject;
use super::time::Time;
use super::unit::{self, Unit};
use crate::topology::{self, DeploymentId, Handler, Pattern, Topology, UnitId};

/// One entry under `deployments:`.
#[derive(Clone, Debug, Serialize)]
pub struct Deployment {
    /// Its name.
    pub name: String,
    /// What it is, in the topology's words or, where it has none, in ours.
    pub description: String,
    /// Its pattern: `monolith`.
    pub pattern: &'static str,
    /// How long work in flight may take at a shutdown.
    pub grace: Time,
    /// What else its pattern asks for: `offline 8h`, `outbox 64MiB, then drop_oldest`, `budget 3 services, 4
    /// connections`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub asks: Vec<String>,
    /// Its processes, containers or functions.
    pub units: Vec<Unit>,
    /// Every call between handlers, by unit.
    pub routes: Vec<Route>,
    /// Where it runs.
    pub environments: Vec<Environment>,
}

/// One call between handlers, as it runs in this deployment.
#[derive(Clone, Debug, Serialize)]
pub struct Route {
    /// The unit in which it is made.
    pub unit: String,
    /// Who calls.
    pub caller: String,
    /// Who is called.
    pub callee: String,
    /// How.
    #[serde(flatten)]
    pub way: Way,
}

/// How a call runs.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "way", rename_all = "snake_case")]
pub enum Way {
    /// A plain async call.
    Local,
    /// One request on the environment's event bridge.
    Bridge {
        /// To this subject.
        subject: String,
        /// Which one of these units serves.
        units: Vec<String>,
    },
}

pub(super) fn plan(topology: &Topology, id: DeploymentId) -> Deployment {
    let deployment = &topology.deployments[id];
    let contents = Contents::of(topology, id);
    let units: Vec<Unit> =
        contents.units().map(|(unit, handlers)| unit::plan(topology, unit, handlers, &contents)).collect();
    let routes: Vec<Route> = contents
        .units()
        .flat_map(|(unit, handlers)| handlers.iter().map(move |handler| (unit, *handler)))
        .flat_map(|(unit, handler)| routes(topology, &contents, unit, handler))
        .collect();
    let environments = deployment.environments.iter();
    Deployment {
        name: deployment.name.value.clone(),
        description: deployment.description.clone().unwrap_or_else(|| made_up(topology, id)),
        pattern: deployment.pattern.value.as_str(),
        grace: Time(deployment.grace.value),
        asks: asks(deployment),
        environments: environments.map(|id| environment::plan(topology, id.value, &units, &routes)).collect(),
        units,
        routes,
    }
}

/// What only deployments of one pattern have.
fn asks(deployment: &topology::Deployment) -> Vec<String> {
    match deployment.pattern.value {
        Pattern::Edge => {
            let offline = deployment.offline.map(|offline| format!("offline {}", Time(offline.value)));
            let outbox = deployment.outbox.map(|outbox| {
                let (bound, when_full) = (outbox.value.bound.value, outbox.value.when_full.value);
                format!("outbox {}, then {}", Size::from_bytes(bound), when_full.as_str())
            });
            offline.into_iter().chain(outbox).collect()
        }
        Pattern::Serverless => {
            let budget = deployment.budget;
            vec![format!("budget {} services, {} connections", budget.services.value, budget.connections.value)]
        }
        Pattern::Monolith | Pattern::Microservices => Vec::new(),
    }
}

fn made_up(topology: &Topology, id: DeploymentId) -> String {
    let units = topology.deployments[id].units.iter().map(|unit| topology.units[*unit].name.value.as_str());
    format!(
        "The units of the deployment `{}`: {}.",
        topology.deployments[id].name.value,
        units.collect::<Vec<_>>().join(", ")
    )
}

fn routes(topology: &Topology, contents: &Contents, unit: UnitId, caller: Handler) -> Vec<Route> {
    let name = |unit: UnitId| topology.units[unit].name.value.clone();
    let way = |command| {
        if contents.holds(unit, command) {
            return Way::Local;
        }
        Way::Bridge {
            subject: subject(topology, Handler::Command(command)),
            units: contents.homes(command).iter().map(|unit| name(*unit)).collect(),
        }
    };
    let invokes = topology.operation(caller).edges.invokes.iter().map(|edge| edge.command.value);
    invokes
        .map(|command| Route {
            unit: name(unit),
            caller: topology.address(caller),
            callee: topology.address(Handler::Command(command)),
            way: way(command),
        })
        .collect()
}
