//! `serverless_closure`: what a function needs and is not bundled with it.

use std::collections::HashSet;

use super::Input;
use super::placement::{Placed, Placement};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Connection, Environment, EventId, Handler, Located, Pattern, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let heard: HashSet<EventId> =
        topology.subscriptions.values().map(|subscription| subscription.event.value).collect();
    let mut seen = HashSet::new();
    for placement in &input.placements {
        if placement.deployment.pattern.value != Pattern::Serverless {
            continue;
        }
        pulled(input, placement, findings);
        for (placed, environment) in placement
            .units
            .iter()
            .flat_map(|placed| placement.environments().map(move |environment| (placed, environment)))
        {
            for handler in &placed.handlers {
                for leaf in leaves(topology, placed, placement, *handler, environment, &heard) {
                    if seen.insert((leaf.span, leaf.connection.adapter.span)) {
                        findings.add(finding(topology, placed, environment, &leaf));
                    }
                }
            }
        }
    }
}

/// Workers wait for jobs, and a function lives only while it answers: none may be asked to run in one.
fn pulled(input: &Input<'_>, placement: &Placement<'_>, findings: &mut Findings) {
    let (topology, deployment) = (input.topology, placement.deployment);
    // Who names commands alone asks for those functions, and not for the workers beside them.
    let written = |key| input.text.root().get("deployments")?.get(&deployment.name.value)?.get(key);
    let named = deployment.services.iter().filter(|service| match written("services") {
        Some(list) => list.children().any(|name| name.value_span() == service.span),
        None => written("commands").is_none(),
    });
    let bundled = placement.units.iter().filter(|placed| placed.unit.function.is_none());
    let bundled = bundled.flat_map(|placed| placed.unit.services.iter());
    let mut seen = HashSet::new();
    for service in named.chain(bundled).filter(|service| seen.insert(service.value)) {
        for worker in &topology.services[service.value].workers {
            let address = topology.address(Handler::Worker(*worker));
            let service_address = topology.service_address(service.value);
            let worker = &topology.workers[*worker];
            let queue = &topology.queues[worker.queue.value].name.value;
            let message = format!("{address} works off a queue, which no function of `{}` can", deployment.name.value);
            findings.add(
                Diagnostic::error("serverless_closure", message)
                    .label(service.span, format!("`{service_address}` is to run as functions"))
                    .label(worker.operation.name.span, format!("waits for jobs of `{queue}`; a function does not wait"))
                    .label(deployment.pattern.span, "a function lives only while it answers a request")
                    .help(format!(
                        "move {address} into a service of its own, and run that in a deployment of pattern \
                         `microservices` beside this one"
                    )),
            );
        }
    }
}

/// A message that leaves the function over a bridge that ends with its process: nobody outside gets it.
struct Leaf<'a> {
    span: Span,
    what: String,
    connection: &'a Connection,
}

/// The messages of a handler that go to something which is not in its function, over a bridge that stays in there.
fn leaves<'a>(
    topology: &Topology,
    placed: &Placed<'_>,
    placement: &Placement<'_>,
    handler: Handler,
    environment: &'a Environment,
    heard: &HashSet<EventId>,
) -> Vec<Leaf<'a>> {
    let edges = &topology.operation(handler).edges;
    let address = topology.address(handler);
    let mut leaves = Vec::new();
    let events = environment.event_bridge.as_ref().filter(|connection| connection.stays_in_process());
    if let Some(connection) = events {
        for edge in &edges.invokes {
            let callee = Handler::Command(edge.command.value);
            // A callee that is nowhere in the deployment is absent_callee's to say.
            if !placement.runs(placed.id, callee) && !placement.homes(callee).is_empty() {
                let what = format!("{address} invokes {}", topology.address(callee));
                leaves.push(Leaf { span: edge.command.span, what, connection });
            }
        }
        for edge in edges.emits.iter().filter(|edge| heard.contains(&edge.value)) {
            let what = format!("{address} emits `{}`", topology.events[edge.value].name.value);
            leaves.push(Leaf { span: edge.span, what, connection });
        }
    }
    let jobs = environment.queue_bridge.as_ref().filter(|connection| connection.stays_in_process());
    if let Some(connection) = jobs {
        for edge in &edges.enqueues {
            let what = format!("{address} puts jobs into `{}`", topology.queues[edge.value].name.value);
            leaves.push(Leaf { span: edge.span, what, connection });
        }
    }
    leaves
}

fn finding(topology: &Topology, placed: &Placed<'_>, environment: &Environment, leaf: &Leaf<'_>) -> Diagnostic {
    let Leaf { span, what, connection } = leaf;
    let (unit, name) = (&placed.unit.name.value, &environment.name.value);
    let adapter = connection.name();
    let function: &Located<_> = match &placed.unit.function {
        Some(function) => &function.map(|_| ()),
        None => &Located::new((), placed.unit.name.span),
    };
    let deployment = &topology.deployments[placed.unit.deployment].name.value;
    Diagnostic::error(
        "serverless_closure",
        format!("{what}, and nothing in the function `{unit}` of `{deployment}` is there to take it"),
    )
    .label(*span, "no function bundles what would take this")
    .label(function.span, "this function holds its command and what that invokes, no more")
    .label(connection.adapter.span, format!("in `{name}`, `{adapter}` ends with the function's own process"))
    .help(format!(
        "give `{name}` a bridge that crosses processes, so that another deployment can take it, or leave this command \
         out of the `commands:` of `{deployment}`"
    ))
}
