//! What this version plans, and cannot generate yet.

use std::collections::HashSet;

use super::super::adapter;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::Span;
use crate::topology::{
    Capabilities, Connection, DeploymentId, Environment, Handler, Located, Origin, Pattern, Purpose, Reference,
    Topology,
};

/// The HTTP routes of a deployment: checked and planned, and not served by what is generated.
pub(super) fn unserved(topology: &Topology, id: DeploymentId) -> impl Iterator<Item = Diagnostic> {
    let units = topology.deployments[id].units.iter().flat_map(|unit| topology.units[*unit].services.iter());
    let commands = units.flat_map(|service| topology.services[service.value].commands.iter());
    commands.filter_map(|command| {
        let http = topology.commands[*command].http.as_ref()?;
        let address = topology.address(Handler::Command(*command));
        let message = format!("the HTTP route of {address} is checked, but this version generates no server for it");
        let found = Diagnostic::warning("not_yet_emitted", message)
            .label(http.span, format!("nobody answers `{}` yet", http.value.route.value))
            .help(format!("until then, callers reach {address} by the typed client, with `exposed: true`"));
        Some(found)
    })
}

/// The keys of an environment that are checked, and of which nothing is generated.
pub(super) fn unread(environment: &Environment) -> Option<Diagnostic> {
    let keys = [
        ("authentication", &environment.authentication),
        ("http", &environment.http),
        ("telemetry", &environment.telemetry),
    ];
    let written: Vec<(&str, Span)> =
        keys.into_iter().filter_map(|(key, settings)| Some((key, settings.as_ref()?.span))).collect();
    let (name, several) = (&environment.name.value, written.len() > 1);
    let listed: Vec<String> = written.iter().map(|(key, _)| format!("`{key}:`")).collect();
    let (be, it) = if several { ("are", "them") } else { ("is", "it") };
    let message = format!("{} of `{name}` {be} checked, but this version does nothing with {it}", listed.join(", "));
    let found = Diagnostic::warning("not_yet_emitted", message);
    let found = written.iter().fold(found, |found, (_, span)| found.label(*span, "has no effect yet"));
    (!written.is_empty()).then(|| {
        found.help(
            "it may stay, for a later version; with `allow: [{ rule: not_yet_emitted, reason: \"…\" }]` you hear no more of it",
        )
    })
}

/// What no build can have of all that the deployments use: what a build says that asks for it, as warnings, each once.
pub(super) fn foreseen(topology: &Topology) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    for (id, deployment) in topology.deployments.iter() {
        found.extend(of_deployment(topology, id));
        found.extend(unserved(topology, id));
        for id in &deployment.environments {
            let environment = &topology.environments[id.value];
            let user = format!("deployment `{}`", deployment.name.value);
            found.extend(adapter(&user, environment, environment.connections()));
            found.extend(unread(environment));
        }
    }
    let mut seen = HashSet::new();
    found.retain(|finding| seen.insert(finding.span()));
    found.into_iter().map(|finding| Diagnostic { level: Level::Warning, ..finding }).collect()
}

/// What stands in the way of a deployment, wherever it runs.
pub(super) fn of_deployment(topology: &Topology, id: DeploymentId) -> Option<Diagnostic> {
    let deployment = &topology.deployments[id];
    match deployment.pattern.value {
        Pattern::Monolith if deployment.units.len() > 1 => Some(several_units(topology, id)),
        Pattern::Monolith | Pattern::Microservices => None,
        Pattern::Serverless | Pattern::Edge => Some(pattern(topology, id)),
    }
}

/// The pattern of a deployment is only planned.
fn pattern(topology: &Topology, id: DeploymentId) -> Diagnostic {
    let deployment = &topology.deployments[id];
    let (name, pattern) = (&deployment.name.value, deployment.pattern.value.as_str());
    let today = |pattern| matches!(pattern, Pattern::Monolith | Pattern::Microservices);
    let help = match topology.deployments.values().find(|other| today(other.pattern.value)) {
        Some(other) => format!("ask for what can be built today: `.deployment(\"{}\")` in build.rs", other.name.value),
        None => "a monolith can be built today: `monolith: { pattern: monolith }` under `deployments:`".to_owned(),
    };
    Diagnostic::error("not_yet_emitted", format!("deployment `{name}` is planned, but this version cannot generate it"))
        .label(deployment.pattern.span, format!("code for `{pattern}` comes in a later version"))
        .help(help)
}

/// A monolith is one process; where the topology cuts it up, it is something else.
fn several_units(topology: &Topology, id: DeploymentId) -> Diagnostic {
    let deployment = &topology.deployments[id];
    let name = &deployment.name.value;
    let found = Diagnostic::error("not_yet_emitted", format!("deployment `{name}` is a monolith with several units"));
    let units = deployment.units.iter().map(|unit| &topology.units[*unit].name);
    units.fold(found, |found, unit| found.label(unit.span, "a unit")).help(
        "leave `units:` out, as a monolith is one process with all its services; or write `pattern: microservices`",
    )
}

/// The first of the `connections` of an environment that stands in the way of `user`, who would open them.
pub(super) fn adapter<'a>(
    user: &str,
    environment: &Environment,
    connections: impl IntoIterator<Item = (Purpose, &'a Connection)>,
) -> Option<Diagnostic> {
    let (found, help) = connections.into_iter().find_map(|(purpose, connection)| {
        if adapter::opening(purpose, connection).is_none() {
            // What forgets would be refused where losing data matters.
            let keeps = |known| Capabilities::of(purpose, known).is_some_and(|known| known.keeps());
            let can = adapter::known(purpose).filter(|known| !environment.is_hard() || keeps(*known));
            let can: Vec<String> = can.map(|known| format!("`{}`", known.name())).collect();
            let help = match can.is_empty() {
                true => format!("this version generates no `{}:` yet that keeps what it has", purpose.key()),
                false => format!("today `{}:` can be {}", purpose.key(), can.join(" or ")),
            };
            return Some((Located::new(format!("`{}`", connection.name()), connection.adapter.span), help));
        }
        let reference = connection.settings.references.iter().find(|it| it.value.origin == Origin::Config)?;
        let Located { value: Reference { name, .. }, span } = reference;
        Some((
            Located::new(format!("`${{config:{name}}}`"), *span),
            "write a variable or a secret in its place".to_owned(),
        ))
    })?;
    let name = &environment.name.value;
    let message = format!("{user} is planned for environment `{name}`, but this version cannot generate it");
    let found = Diagnostic::error("not_yet_emitted", message)
        .label(found.span, format!("code for {} comes in a later version", found.value))
        .help(format!("{help}; or ask for an environment that has that: `.environment(\"…\")` in build.rs"));
    Some(found)
}
