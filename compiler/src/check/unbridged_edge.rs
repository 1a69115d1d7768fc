//! `unbridged_edge`: a message to another unit, on a bridge that does not leave the process.

use std::collections::HashSet;

use pontoon_schema::capability::{self, EVENT_BRIDGES, QUEUE_BRIDGES};

use super::Input;
use super::flow::{Carried, Flow, between_units};
use super::wording::either;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Connection, Deployment, Environment, Pattern, Purpose, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // Environments that inherit one bridge, and deployments that cut alike, make one finding.
    let mut seen = HashSet::new();
    for placement in &input.placements {
        let deployment = placement.deployment;
        // What a function can't reach is serverless_closure's to say.
        if deployment.pattern.value == Pattern::Serverless {
            continue;
        }
        for (id, environment) in placement.identified_environments() {
            let contained: Vec<_> = contained(environment).collect();
            if contained.is_empty() {
                continue;
            }
            for flow in between_units(input.topology, placement, &|heard| input.topology.has_subscription(id, heard)) {
                let bridge = contained.iter().find(|(purpose, _)| *purpose == flow.carried.purpose());
                let Some((_, connection)) = bridge else { continue };
                if seen.insert((flow.span, flow.to, connection.adapter.span)) {
                    findings.add(finding(input.topology, &flow, deployment, environment, connection));
                }
            }
        }
    }
}

/// The bridges of an environment that stay in their process.
fn contained(environment: &Environment) -> impl Iterator<Item = (Purpose, &Connection)> {
    environment.connections().filter(|(_, connection)| connection.stays_in_process())
}

fn finding(
    topology: &Topology,
    flow: &Flow,
    deployment: &Deployment,
    environment: &Environment,
    connection: &Connection,
) -> Diagnostic {
    let (from, to) = (topology.address(flow.from), topology.address(flow.to));
    let unit = |id| &topology.units[id].name.value;
    let (sender, receiver) = (unit(flow.sender), unit(flow.receiver));
    let what = match flow.carried {
        Carried::Call => format!("{from} invokes {to}"),
        Carried::Event(event) => format!("the event `{}` goes from {from} to {to}", topology.events[event].name.value),
        Carried::Job(queue) => format!("jobs for `{}` go from {from} to {to}", topology.queues[queue].name.value),
    };
    let (name, adapter) = (&environment.name.value, connection.name());
    let purpose = flow.carried.purpose();
    let bridges: &[capability::Bridge] = if purpose == Purpose::EventBridge { &EVENT_BRIDGES } else { &QUEUE_BRIDGES };
    let fit = either(
        bridges.iter().filter(|bridge| bridge.crosses_processes).map(|bridge| format!("`{}`", bridge.adapter.name())),
    );
    Diagnostic::error(
        "unbridged_edge",
        format!(
            "{what}, from unit `{sender}` to unit `{receiver}` of `{}`, and the {} of `{name}` does not cross processes",
            deployment.name.value,
            purpose.key()
        ),
    )
    .label(flow.span, format!("{from} runs in the unit `{sender}`"))
    .label(topology.operation(flow.to).name.span, format!("{to} runs in the unit `{receiver}`"))
    .label(connection.adapter.span, format!("in `{name}`, `{adapter}` reaches nothing outside its own process"))
    .help(format!(
        "let the {} of `{name}` be {fit}, take `{name}` out of the environments of `{}`, or put both services into one unit",
        purpose.key(),
        deployment.name.value
    ))
    .together(
        format!(
            "messages go from unit to unit of `{}`, and the {} of `{name}` does not cross processes",
            deployment.name.value,
            purpose.key()
        ),
        format!(
            "let the {} of `{name}` be {fit}, or take `{name}` out of the environments of `{}`",
            purpose.key(),
            deployment.name.value
        ),
    )
}
