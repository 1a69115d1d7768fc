//! `invoke_cycle`: commands that wait for each other in a circle.

use std::time::Duration;

use super::Input;
use super::wording::{SHOWN, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Node, Step};
use crate::source::Span;
use crate::topology::{Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for circle in input.graph.invoke_cycles() {
        let edges: Vec<Edge> = circle.iter().filter_map(Edge::of).collect();
        findings.extend(finding(input, &edges));
    }
}

/// A call in a circle.
struct Edge {
    from: Handler,
    to: Handler,
    span: Span,
}

impl Edge {
    fn of(step: &Step) -> Option<Self> {
        match (step.from, step.to) {
            (Node::Handler(from), Node::Handler(to)) => Some(Self { from, to, span: step.span }),
            _ => None,
        }
    }
}

fn finding(input: &Input<'_>, edges: &[Edge]) -> Option<Diagnostic> {
    let topology = input.topology;
    let (first, last) = (edges.first()?, edges.last()?);
    let address = |handler| topology.address(handler);
    let message = if edges.len() == 1 {
        format!("{} invokes itself", address(first.from))
    } else {
        let way: Vec<String> = edges.iter().take(SHOWN).map(|edge| address(edge.from)).collect();
        let more = if edges.len() > SHOWN { " → …" } else { "" };
        format!("commands wait for each other in a circle: {}{more} → {}", way.join(" → "), address(first.from))
    };
    let mut found = Diagnostic::error("invoke_cycle", message);
    for (index, edge) in edges.iter().enumerate().filter(|(index, _)| *index < SHOWN || *index + 1 == edges.len()) {
        let (from, to) = (address(edge.from), address(edge.to));
        let text = match (index, index + 1 == edges.len()) {
            (0, true) => format!("{from} waits for itself, and cannot answer"),
            (0, false) => format!("{from} waits for {to},"),
            (_, false) => format!("which waits for {to},"),
            (1, true) => format!("which waits for {to}: neither can answer"),
            (_, true) => format!("which waits for {to}: none of them can answer"),
        };
        found = found.label(edge.span, text);
    }
    Some(found.help(help(input, edges, last)))
}

fn help(input: &Input<'_>, edges: &[Edge], last: &Edge) -> String {
    let topology = input.topology;
    let (from, to) = (topology.address(last.from), topology.address(last.to));
    let name = &topology.operation(last.from).name.value;
    let service = topology.service_address(topology.service_of(last.to));
    let event = format!("{name}_done");
    let mut help = if last.from == last.to {
        format!(
            "let it not wait: `enqueues:` on {from}, for a worker in `{service}` that goes on; or a loop in the handler"
        )
    } else {
        format!(
            "let one of them not wait: `emits: [{event}]` on {from} instead of `invokes: [{to}]`, and a subscription to \
             `{event}` in `{service}`; or `enqueues:`"
        )
    };
    let joined = input.placements.iter().find(|placement| {
        let mut units = placement.units.iter();
        units.any(|placed| edges.iter().all(|edge| placement.runs(placed.id, edge.from)))
    });
    let patience = patience(topology, edges).map(|patience| format!("time out after {}", time(patience)));
    let between = patience.unwrap_or_else(|| "wait for ever".to_owned());
    match joined {
        Some(placement) => help.push_str(&format!(
            ". In the deployment `{}` this circle would not even compile; between units it would {between}",
            placement.deployment.name.value
        )),
        None => help.push_str(&format!(". As it is, it would {between}")),
    }
    help
}

/// When the first of them gives up.
fn patience(topology: &Topology, edges: &[Edge]) -> Option<Duration> {
    edges.iter().filter_map(|edge| topology.operation(edge.from).timeout).map(|timeout| timeout.value).min()
}
