//! `unreachable_hops`: a bound on a chain that is shorter than the chain.

use std::collections::HashSet;

use super::Input;
use super::wording::{SHOWN, node};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::Node;
use crate::topology::{CommandId, Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let hops = input.graph.hops(begins(topology).into_iter());
    for (id, event) in topology.events.iter() {
        let Some(most) = event.max_hops else { continue };
        let Some(least) = hops.to(Node::Event(id)).filter(|least| *least > most.value) else { continue };
        let name = &event.name.value;
        let way = hops.way(Node::Event(id));
        let shown: Vec<String> = way.iter().take(2 * SHOWN).map(|step| node(topology, *step)).collect();
        let more = if way.len() > 2 * SHOWN { " → …" } else { "" };
        findings.add(
            Diagnostic::error(
                "unreachable_hops",
                format!(
                    "the event `{name}` is never published: the shortest way to it has {least} events and jobs, itself included, and \
                     `max_hops` is {}",
                    most.value
                ),
            )
            .label(most.span, format!("{}{more}", shown.join(" → ")))
            .help(format!("write `max_hops: {least}` at least, or take a shorter way to `{name}`")),
        );
    }
}

/// Where chains begin: the clock, and commands that somebody calls who is no handler.
fn begins(topology: &Topology) -> Vec<Node> {
    let edges = topology.handlers().flat_map(|handler| &topology.operation(handler).edges.invokes);
    let called: HashSet<CommandId> = edges.map(|edge| edge.command.value).collect();
    let functions = topology.deployments.values().flat_map(|deployment| &deployment.commands);
    let functions: HashSet<CommandId> = functions.map(|function| function.value).collect();
    let from_outside = |handler: &Handler| match handler {
        Handler::Command(id) => {
            let command = &topology.commands[*id];
            command.exposed.value || command.http.is_some() || functions.contains(id) || !called.contains(id)
        }
        Handler::Schedule(_) => true,
        Handler::Subscription(_) | Handler::Worker(_) => false,
    };
    topology.handlers().filter(from_outside).map(Node::Handler).collect()
}
