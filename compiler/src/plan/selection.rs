//! What a build asks for, and what of the plan it can have today.

use pontoon_schema::capability::Adapter;

use super::{Deployment, Environment, Plan};
use crate::diagnostic::Diagnostic;
use crate::topology::{self, Connection, DeploymentId, Id, Origin, Pattern, Purpose, Topology};

/// What a build asks for. With nothing asked, it gets all that can be had.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// The contract.
    pub contract: bool,
    /// Services whose handlers are in the crate that is being built.
    pub services: Vec<String>,
    /// Deployments, or units of them: `monolith`, `microservices.mail`.
    pub deployments: Vec<String>,
    /// Environments. Without one: all that a deployment runs in.
    pub environments: Vec<String>,
    /// The crate that is being built, as Rust writes it. Without one, nothing is known to be elsewhere.
    pub krate: Option<String>,
    /// What generated files call the topology: `topology.yaml`.
    pub origin: String,
}

/// What is printed of a plan.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    /// Whether the contract belongs into the crate that is being built.
    pub contract: bool,
    /// Deployments and their environments, by their places in the plan.
    pub deployments: Vec<(usize, Vec<usize>)>,
    /// The crate that is being built, as Rust writes it.
    pub krate: Option<String>,
    /// What generated files call the topology.
    pub origin: String,
}

impl Selection {
    /// The deployments of `plan` that are printed, each with its environments.
    pub fn deployments<'a>(&'a self, plan: &'a Plan) -> impl Iterator<Item = (&'a Deployment, Vec<&'a Environment>)> {
        self.deployments.iter().map(|(deployment, environments)| {
            let deployment = &plan.deployments[*deployment];
            (deployment, environments.iter().map(|environment| &deployment.environments[*environment]).collect())
        })
    }
}

/// What `request` gets; what it asks for and cannot have goes into `findings`.
pub fn select(topology: &Topology, request: &Request, findings: &mut impl Extend<Diagnostic>) -> Selection {
    let contract = belongs_here(topology, request);
    findings.extend(unknown(topology, request));
    findings.extend((request.contract && !contract).then(|| foreign_contract(topology)));
    let all = !request.contract && request.services.is_empty() && request.deployments.is_empty();
    let mut obstacles = Vec::new();
    let mut deployments = Vec::new();
    for (id, deployment) in topology.deployments.iter() {
        let name = &deployment.name.value;
        let asked = request.deployments.iter().any(|asked| asked.split('.').next() == Some(name));
        if asked || all {
            match environments(topology, id, request) {
                Ok(environments) => {
                    findings.extend(unserved(topology, id));
                    deployments.push((id.index(), environments));
                }
                Err(found) if asked => findings.extend(found),
                Err(found) => obstacles.extend(found),
            }
        }
    }
    if all && deployments.is_empty() {
        findings.extend(obstacles);
    }
    Selection { contract, deployments, krate: request.krate.clone(), origin: request.origin.clone() }
}

/// Whether the contract is the affair of the crate that is being built.
fn belongs_here(topology: &Topology, request: &Request) -> bool {
    let home = topology.contract.value.as_str().split("::").next();
    request.krate.is_none() || home == Some("crate") || home == request.krate.as_deref()
}

/// The environments in which code for a deployment can be generated, by their places; or why there are none.
fn environments(topology: &Topology, id: DeploymentId, request: &Request) -> Result<Vec<usize>, Vec<Diagnostic>> {
    let deployment = &topology.deployments[id];
    if deployment.pattern.value != Pattern::Monolith {
        return Err(vec![pattern_not_yet(topology, deployment)]);
    }
    if deployment.units.len() > 1 {
        return Err(vec![several_units(topology, deployment)]);
    }
    let (mut can, mut obstacles) = (Vec::new(), Vec::new());
    for (index, id) in deployment.environments.iter().enumerate() {
        let environment = &topology.environments[id.value];
        let asked = request.environments.contains(&environment.name.value);
        if !asked && !request.environments.is_empty() {
            continue;
        }
        match obstacle(deployment, environment) {
            None => can.push(index),
            // An environment that was not asked for by name is left out, if another one is there.
            Some(found) if asked => return Err(vec![found]),
            Some(found) => obstacles.push(found),
        }
    }
    if can.is_empty() && obstacles.is_empty() {
        obstacles.push(runs_elsewhere(topology, deployment, request));
    }
    if can.is_empty() { Err(obstacles) } else { Ok(can) }
}

/// The HTTP routes of a deployment: checked and planned, and not served by what is generated.
fn unserved(topology: &Topology, id: DeploymentId) -> impl Iterator<Item = Diagnostic> {
    let units = topology.deployments[id].units.iter().flat_map(|unit| topology.units[*unit].services.iter());
    let commands = units.flat_map(|service| topology.services[service.value].commands.iter());
    commands.filter_map(|command| {
        let http = topology.commands[*command].http.as_ref()?;
        let address = topology.address(topology::Handler::Command(*command));
        let message = format!("the HTTP route of {address} is checked, but this version generates no server for it");
        let found = Diagnostic::warning("not_yet_emitted", message)
            .label(http.span, format!("nobody answers `{}` yet", http.value.route.value))
            .help(format!("until then, callers reach {address} by the typed client, with `exposed: true`"));
        Some(found)
    })
}

fn pattern_not_yet(topology: &Topology, deployment: &topology::Deployment) -> Diagnostic {
    let (name, pattern) = (&deployment.name.value, deployment.pattern.value.as_str());
    let mut monoliths = topology.deployments.values().filter(|other| other.pattern.value == Pattern::Monolith);
    let help = match monoliths.next() {
        Some(other) => format!("ask for what can be built today: `.deployment(\"{}\")` in build.rs", other.name.value),
        None => "a monolith can be built today: `monolith: { pattern: monolith }` under `deployments:`".to_owned(),
    };
    Diagnostic::error("not_yet_emitted", format!("deployment `{name}` is planned, but this version cannot generate it"))
        .label(deployment.pattern.span, format!("code for `{pattern}` comes in a later version"))
        .help(help)
}

/// A monolith is one process; where the topology cuts it up, it is something else.
fn several_units(topology: &Topology, deployment: &topology::Deployment) -> Diagnostic {
    let name = &deployment.name.value;
    let found = Diagnostic::error("not_yet_emitted", format!("deployment `{name}` is a monolith with several units"));
    let units = deployment.units.iter().map(|unit| &topology.units[*unit].name);
    units
        .fold(found, |found, unit| found.label(unit.span, "a unit"))
        .help("leave `units:` out: a monolith is one process with all its services")
}

/// The first of its bridges and stores that stands in the way of an environment.
fn obstacle(deployment: &topology::Deployment, environment: &topology::Environment) -> Option<Diagnostic> {
    let mut connections = environment.connections();
    let (purpose, connection) = connections.find(|(purpose, it)| !is_emitted(*purpose, it))?;
    let (name, environment, key) = (&deployment.name.value, &environment.name.value, purpose.key());
    let can = match purpose {
        Purpose::SecretStore | Purpose::ConfigStore => "`env` and `file`",
        _ => "`in_memory`",
    };
    let message =
        format!("deployment `{name}` is planned for environment `{environment}`, but this version cannot generate it");
    let found = Diagnostic::error("not_yet_emitted", message)
        .label(
            connection.adapter.span,
            format!("code for `{}` comes in a later version", connection.adapter.value.name()),
        )
        .help(format!(
            "today `{key}:` can be {can}; ask for an environment that has that: `.environment(\"…\")` in build.rs"
        ));
    Some(found)
}

/// Whether generated code can name this adapter, and say how it is reached, today.
fn is_emitted(purpose: Purpose, connection: &Connection) -> bool {
    let adapter = connection.adapter.value;
    let known = match purpose {
        Purpose::EventBridge | Purpose::QueueBridge | Purpose::StateStore => adapter == Adapter::InMemory,
        Purpose::SecretStore | Purpose::ConfigStore => matches!(adapter, Adapter::Env | Adapter::File),
    };
    known && connection.settings.references.iter().all(|reference| reference.value.origin == Origin::Variable)
}

fn runs_elsewhere(topology: &Topology, deployment: &topology::Deployment, request: &Request) -> Diagnostic {
    let names = deployment.environments.iter().map(|id| topology.environments[id.value].name.value.as_str());
    let names: Vec<&str> = names.collect();
    let asked = request.environments.join("`, `");
    let message = format!("deployment `{}` does not run in environment `{asked}`", deployment.name.value);
    let found =
        Diagnostic::error("unknown_reference", message).label(deployment.name.span, "build.rs asks for this one");
    match names.as_slice() {
        [] => found.help("name the environments that it runs in: `environments: [local]`"),
        names => found.help(format!("it runs in {}", names.join(", "))),
    }
}

fn foreign_contract(topology: &Topology) -> Diagnostic {
    let home = topology.contract.value.as_str();
    Diagnostic::error("unknown_reference", "build.rs asks for the contract, which another crate holds")
        .label(topology.contract.span, format!("the contract is `{home}`"))
        .help("drop `.contract()` from this build.rs, or name this crate here")
}

/// Names in the build script that the topology does not have.
fn unknown(topology: &Topology, request: &Request) -> Vec<Diagnostic> {
    let services: Vec<&str> = topology.services.values().map(|service| service.name.value.as_str()).collect();
    let environments: Vec<&str> = topology.environments.values().map(|it| it.name.value.as_str()).collect();
    let deployments: Vec<&str> = topology.deployments.values().map(|it| it.name.value.as_str()).collect();
    let units: Vec<String> = topology.units.values().map(|unit| unit_address(topology, unit)).collect();
    let (whole, parts) = request.deployments.iter().partition::<Vec<&String>, _>(|asked| !asked.contains('.'));
    let mut found = Vec::new();
    let mut look = |kind: &str, asked: &str, known: &[&str]| {
        if !known.contains(&asked) {
            found.push(unknown_name(kind, asked, known));
        }
    };
    request.services.iter().for_each(|asked| look("service", asked, &services));
    request.environments.iter().for_each(|asked| look("environment", asked, &environments));
    whole.into_iter().for_each(|asked| look("deployment", asked, &deployments));
    let units: Vec<&str> = units.iter().map(String::as_str).collect();
    parts.into_iter().for_each(|asked| look("unit", asked, &units));
    found
}

fn unit_address(topology: &Topology, unit: &topology::Unit) -> String {
    format!("{}.{}", topology.deployments[unit.deployment].name.value, unit.name.value)
}

fn unknown_name(kind: &str, asked: &str, known: &[&str]) -> Diagnostic {
    let found =
        Diagnostic::error("unknown_reference", format!("there is no {kind} `{asked}`, which the build asks for"));
    let distance = |name: &&&str| strsim::damerau_levenshtein(name, asked);
    match known.iter().min_by_key(distance).filter(|nearest| distance(nearest) <= 2) {
        Some(nearest) => found.help(format!("did you mean `{nearest}`?")),
        None => found.help(format!("the topology has {}", known.join(", "))),
    }
}
