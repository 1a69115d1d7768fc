//! `cold_start`: a function that brings so much along that its first answer is late.

use std::collections::{BTreeSet, HashSet};

use super::Input;
use super::placement::{Placed, Placement};
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Environment, Origin, Pattern, Purpose, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for placement in &input.placements {
        if placement.deployment.pattern.value != Pattern::Serverless {
            continue;
        }
        for placed in &placement.units {
            findings.extend(services(input.topology, placement, placed));
            let mut seen = HashSet::new();
            for environment in placement.environments() {
                let opened = connections(input.topology, placed, environment);
                if seen.insert(opened.clone()) {
                    findings.extend(too_many(placement, placed, environment, &opened));
                }
            }
        }
    }
}

fn place(placed: &Placed<'_>) -> Span {
    placed.unit.function.as_ref().map_or(placed.unit.name.span, |function| function.span)
}

fn services(topology: &Topology, placement: &Placement<'_>, placed: &Placed<'_>) -> Option<Diagnostic> {
    let budget = placement.deployment.budget.services;
    // Only what runs counts: a bundled service that no call reaches costs nothing at the start.
    let services: BTreeSet<_> = placed.handlers.iter().map(|handler| topology.service_of(*handler)).collect();
    if services.len() <= budget.value as usize {
        return None;
    }
    let unit = &placed.unit.name.value;
    let names = listed(services.iter().map(|id| format!("`{}`", topology.service_address(*id))));
    let message = format!("the function `{unit}` bundles {} services: {names}", services.len());
    Some(finding(placement, placed, message, budget.span, &format!("{} services", budget.value)).help(format!(
        "let it emit an event or enqueue a job instead of invoking so many, or write `budget: {{ services: {} }}` on `{}`",
        services.len(),
        placement.deployment.name.value
    )))
}

/// The connections that a function opens before it can answer.
fn connections(topology: &Topology, placed: &Placed<'_>, environment: &Environment) -> BTreeSet<Purpose> {
    let mut used = BTreeSet::new();
    for handler in &placed.handlers {
        let edges = &topology.operation(*handler).edges;
        let mut uses = |purpose, does: bool| {
            if does {
                used.insert(purpose);
            }
        };
        uses(Purpose::EventBridge, !edges.emits.is_empty());
        uses(Purpose::QueueBridge, !edges.enqueues.is_empty());
        uses(Purpose::StateStore, edges.states().next().is_some());
        uses(Purpose::SecretStore, topology.secrets_of(*handler).next().is_some());
    }
    let read = |origin| environment.references().any(|reference| reference.value.origin == origin);
    used.extend(read(Origin::Secret).then_some(Purpose::SecretStore));
    used.extend(read(Origin::Config).then_some(Purpose::ConfigStore));
    let remote = environment.connections().filter(|(_, connection)| !connection.is_here());
    remote.map(|(purpose, _)| purpose).filter(|purpose| used.contains(purpose)).collect()
}

fn too_many(
    placement: &Placement<'_>,
    placed: &Placed<'_>,
    environment: &Environment,
    opened: &BTreeSet<Purpose>,
) -> Option<Diagnostic> {
    let budget = placement.deployment.budget.connections;
    if opened.len() <= budget.value as usize {
        return None;
    }
    let (unit, name) = (&placed.unit.name.value, &environment.name.value);
    let message = format!("the function `{unit}` opens {} connections before it can answer in `{name}`", opened.len());
    let mut found = finding(placement, placed, message, budget.span, &format!("{} connections", budget.value));
    for (_, connection) in environment.connections().filter(|(purpose, _)| opened.contains(purpose)) {
        found = found.label(connection.adapter.span, format!("a connection to `{}`", connection.name()));
    }
    Some(found.help(format!(
        "let the function do less, or write `budget: {{ connections: {} }}` on `{}`",
        opened.len(),
        placement.deployment.name.value
    )))
}

fn finding(placement: &Placement<'_>, placed: &Placed<'_>, message: String, budget: Span, most: &str) -> Diagnostic {
    let written = budget != placement.deployment.name.span;
    let text = if written {
        format!("more than {most} start slowly")
    } else {
        format!("more than {most} (the default) start slowly")
    };
    Diagnostic::warning("cold_start", message)
        .label(place(placed), "all of it starts before the first answer")
        .label(budget, text)
}
