//! What a build asks for in vain: names that the topology does not have, and what is elsewhere.

use super::Request;
use crate::diagnostic::Diagnostic;
use crate::topology::{self, Topology};

/// None of the environments that are asked for is one of this deployment.
pub(super) fn runs_elsewhere(topology: &Topology, deployment: &topology::Deployment, request: &Request) -> Diagnostic {
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

/// The contract is the affair of another crate.
pub(super) fn contract(topology: &Topology) -> Diagnostic {
    let home = topology.contract.value.as_str();
    Diagnostic::error("unknown_reference", "build.rs asks for the contract, which another crate holds")
        .label(topology.contract.span, format!("the contract is `{home}`"))
        .help("drop `.contract()` from this build.rs, or name this crate here")
}

/// Names in the build script that the topology does not have.
pub(super) fn names(topology: &Topology, request: &Request) -> Vec<Diagnostic> {
    let services: Vec<&str> = topology.services.values().map(|service| service.name.value.as_str()).collect();
    let environments: Vec<&str> = topology.environments.values().map(|it| it.name.value.as_str()).collect();
    let deployments: Vec<&str> = topology.deployments.values().map(|it| it.name.value.as_str()).collect();
    let units: Vec<String> = topology.units.values().map(|unit| address(topology, unit)).collect();
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

/// A unit as a build asks for it: `microservices.mail`.
pub(super) fn address(topology: &Topology, unit: &topology::Unit) -> String {
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
