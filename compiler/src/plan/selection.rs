//! What a build asks for, and what of the plan it can have today.

mod client;
mod elsewhere;
mod obstacle;
mod unknown;

use super::{Deployment, Environment, Plan, Unit};
use crate::diagnostic::Diagnostic;
use crate::topology::{self, Connection, DeploymentId, EnvironmentId, Id, Purpose, Topology};

/// What the crate is called that generated code runs on, unless the build script says otherwise.
pub(crate) const RUNTIME: &str = "pontoon";

/// What a build asks for. With nothing asked, it gets all that can be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The contract.
    pub contract: bool,
    /// The typed client for callers outside.
    pub client: bool,
    /// Services whose handlers are in the crate that is being built.
    pub services: Vec<String>,
    /// Deployments, or units of them: `monolith`, `microservices.mail`.
    pub deployments: Vec<String>,
    /// Environments. Without one: all that a deployment runs in.
    pub environments: Vec<String>,
    /// The crate that is being built, as Rust writes it. Without one, nothing is known to be elsewhere.
    pub krate: Option<String>,
    /// Whether to say, as warnings, what the deployments use and no build can have yet.
    pub foresee: bool,
    /// The features that the crate `pontoon` was built with, where that is known.
    pub features: Option<Vec<String>>,
    /// What generated files call the topology: `topology.yaml`.
    pub origin: String,
    /// The path of the crate `pontoon` in the crate that is being built, where it is another one: `pt`,
    /// `company::pontoon`.
    pub runtime: Option<String>,
}

/// What is printed of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Whether the contract belongs into the crate that is being built.
    pub contract: bool,
    /// Deployments, with what is generated of them.
    pub deployments: Vec<Selected>,
    /// The environments in which callers outside reach the system. Without one there is no client.
    pub client: Vec<EnvironmentId>,
    /// The crate that is being built, as Rust writes it.
    pub krate: Option<String>,
    /// What generated files call the topology.
    pub origin: String,
    /// The path of the crate `pontoon` in the crate that is being built.
    pub runtime: String,
}

/// What is printed of a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selected {
    /// The deployment.
    pub deployment: DeploymentId,
    /// Its units, by their places in it.
    pub units: Vec<usize>,
    /// Its environments, by their places in it.
    pub environments: Vec<usize>,
}

impl Request {
    /// Whether nothing is asked for by name, so that everything is wanted.
    fn is_everything(&self) -> bool {
        !self.contract && !self.client && self.services.is_empty() && self.deployments.is_empty()
    }

    /// Whether nothing is generated but what derives read.
    pub(crate) fn is_handlers_alone(&self) -> bool {
        !self.services.is_empty() && !self.contract && !self.client && self.deployments.is_empty()
    }

    /// Whether an environment is wanted: one of those asked for, or any.
    fn wants(&self, environment: &topology::Environment) -> bool {
        self.environments.is_empty() || self.names(environment)
    }

    /// Whether an environment is asked for by its name.
    fn names(&self, environment: &topology::Environment) -> bool {
        self.environments.contains(&environment.name.value)
    }
}

impl Selection {
    /// The deployments of `plan` that are printed, each with its units and environments.
    pub fn deployments<'a>(
        &'a self,
        plan: &'a Plan,
    ) -> impl Iterator<Item = (&'a Deployment, Vec<&'a Unit>, Vec<&'a Environment>)> {
        self.deployments.iter().map(|selected| {
            let deployment = &plan.deployments[selected.deployment.index()];
            let units = selected.units.iter().map(|unit| &deployment.units[*unit]).collect();
            (deployment, units, selected.environments.iter().map(|it| &deployment.environments[*it]).collect())
        })
    }

    /// The units that are printed.
    pub(crate) fn units<'a>(&'a self, topology: &'a Topology) -> impl Iterator<Item = topology::UnitId> + 'a {
        self.deployments.iter().flat_map(|selected| {
            let all = &topology.deployments[selected.deployment].units;
            selected.units.iter().map(|index| all[*index])
        })
    }

    /// The environments that the client knows, if it is printed.
    pub fn client<'a>(&self, plan: &'a Plan) -> Option<Vec<&'a Environment>> {
        let environments = self.client.iter().map(|id| &plan.client.environments[id.index()]).collect();
        (!self.client.is_empty()).then_some(environments)
    }

    /// The bridges and stores that generated code opens, with the environment that each is opened in.
    pub(crate) fn connections<'a>(
        &'a self,
        topology: &'a Topology,
    ) -> impl Iterator<Item = (&'a topology::Environment, &'a Connection)> {
        let of_units = self.deployments.iter().flat_map(|selected| {
            let all = &topology.deployments[selected.deployment].environments;
            selected.environments.iter().map(|index| &topology.environments[all[*index].value])
        });
        let of_units = of_units.flat_map(|environment| {
            // What adapters read from a config store, they read when they are made: nobody opens it later.
            let opened = environment.connections().filter(|(purpose, _)| *purpose != Purpose::ConfigStore);
            opened.map(move |(_, connection)| (environment, connection))
        });
        let of_client = self.client.iter().map(|id| &topology.environments[*id]);
        let of_client = of_client.flat_map(|environment| {
            environment.for_clients().into_iter().map(move |(_, connection)| (environment, connection))
        });
        of_units.chain(of_client)
    }
}

/// What `request` gets; what it asks for and cannot have goes into `findings`.
pub fn select(topology: &Topology, request: &Request, findings: &mut impl Extend<Diagnostic>) -> Selection {
    let contract = belongs_here(topology, request);
    findings.extend(unknown::names(topology, request));
    findings.extend((request.contract && !contract).then(|| unknown::contract(topology)));
    let (mut obstacles, mut deployments) = (Vec::new(), Vec::new());
    for (id, deployment) in topology.deployments.iter() {
        let units = units(topology, deployment, request);
        if units.is_empty() {
            continue;
        }
        match environments(topology, id, request) {
            Ok(environments) => {
                findings.extend(obstacle::unserved(topology, id));
                let used = environments.iter().map(|index| deployment.environments[*index].value);
                findings.extend(used.filter_map(|id| obstacle::unread(&topology.environments[id])));
                deployments.push(Selected { deployment: id, units, environments });
            }
            Err(found) if request.is_everything() => obstacles.extend(found),
            Err(found) => findings.extend(found),
        }
    }
    if request.is_everything() && deployments.is_empty() {
        findings.extend(obstacles);
    }
    if request.foresee {
        findings.extend(obstacle::foreseen(topology));
    }
    let client = client::select(topology, request, &deployments, findings);
    let (krate, origin) = (request.krate.clone(), request.origin.clone());
    let runtime = request.runtime.clone().unwrap_or_else(|| RUNTIME.to_owned());
    Selection { contract, deployments, client, krate, origin, runtime }
}

/// Whether the contract is the affair of the crate that is being built.
fn belongs_here(topology: &Topology, request: &Request) -> bool {
    let home = topology.contract.value.as_str().split("::").next();
    request.krate.is_none() || home == Some("crate") || home == request.krate.as_deref()
}

/// The units of a deployment that are asked for, by their places in it.
fn units(topology: &Topology, deployment: &topology::Deployment, request: &Request) -> Vec<usize> {
    let whole = request.is_everything() || request.deployments.contains(&deployment.name.value);
    let asked = |unit: &topology::Unit| whole || request.deployments.contains(&unknown::address(topology, unit));
    let units = deployment.units.iter().enumerate();
    units.filter(|(_, id)| asked(&topology.units[**id])).map(|(index, _)| index).collect()
}

/// The environments in which code for a deployment can be generated, by their places; or why there are none.
fn environments(topology: &Topology, id: DeploymentId, request: &Request) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let deployment = &topology.deployments[id];
    if let Some(found) = obstacle::of_deployment(topology, id) {
        return Err(vec![found]);
    }
    let (mut can, mut obstacles) = (Vec::new(), Vec::new());
    for (index, id) in deployment.environments.iter().enumerate() {
        let environment = &topology.environments[id.value];
        if !request.wants(environment) {
            continue;
        }
        let user = format!("deployment `{}`", deployment.name.value);
        match obstacle::adapter(&user, environment, environment.connections()) {
            None => can.push(index),
            // An environment that was not asked for by name is left out, if another one is there.
            Some(found) if request.names(environment) => return Err(vec![found]),
            Some(found) => obstacles.push(found),
        }
    }
    if can.is_empty() && obstacles.is_empty() {
        obstacles.push(unknown::runs_elsewhere(topology, deployment, request));
    }
    if can.is_empty() { Err(obstacles) } else { Ok(can) }
}
