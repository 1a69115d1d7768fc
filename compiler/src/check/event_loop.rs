//! `event_loop`: an event that causes itself.

use super::Input;
use super::wording::{SHOWN, node};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Node, Step};
use crate::topology::Topology;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let ends = |node| matches!(node, Node::Event(id) if topology.events[id].max_hops.is_some());
    for circle in input.graph.loops(ends) {
        findings.extend(finding(topology, &circle));
    }
}

/// A job that causes itself is how long work goes on piece by piece: only loops with an event in them are found.
fn finding(topology: &Topology, circle: &[Step]) -> Option<Diagnostic> {
    let start = circle.iter().position(|step| matches!(step.from, Node::Event(_)))?;
    let Node::Event(event) = circle[start].from else { return None };
    let event = &topology.events[event];
    let steps = || circle.iter().cycle().skip(start).take(circle.len());
    let way: Vec<String> = steps().take(SHOWN).map(|step| node(topology, step.from)).collect();
    let more = if circle.len() > SHOWN { " → …" } else { "" };
    let start = &event.name.value;
    let message = format!("the event `{start}` causes itself: {}{more} → `{start}`", way.join(" → "));
    let mut found = Diagnostic::warning("event_loop", message);
    for step in steps().take(SHOWN) {
        let (from, to) = (node(topology, step.from), node(topology, step.to));
        let text = match (step.from, step.to) {
            (Node::Event(_), _) => format!("{to} reacts to {from}"),
            (Node::Queue(_), _) => format!("{to} works off {from}"),
            (_, Node::Event(_)) => format!("{from} emits {to}"),
            (_, Node::Queue(_)) => format!("{from} puts jobs into {to}"),
            _ => format!("{from} invokes {to}"),
        };
        found = found.label(step.span, text);
    }
    Some(found.label(event.name.span, "where it begins, and comes back to").help(format!(
        "take one of these edges out; if the loop is meant, say how often it may go round: `max_hops: 4` on the event \
         `{start}`"
    )))
}
