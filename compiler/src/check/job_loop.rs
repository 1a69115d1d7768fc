//! `job_loop`: workers that wait for room in the queues that only they empty.

use super::Input;
use super::wording::{SHOWN, node};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Node, Step};
use crate::topology::{Queue, Topology, WhenFull};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // Whoever emits an event goes on; and so does whoever puts a job into a queue that has no bound, or refuses.
    let ends = |node| match node {
        Node::Event(_) => true,
        Node::Queue(id) => !holds_up(&topology.queues[id]),
        Node::Handler(_) => false,
    };
    for circle in input.graph.loops(ends) {
        findings.extend(finding(topology, &circle));
    }
}

/// Whether who puts a job in may have to wait.
fn holds_up(queue: &Queue) -> bool {
    queue.bound.is_some() && queue.when_full.is_some_and(|when_full| when_full.value == WhenFull::Wait)
}

fn finding(topology: &Topology, circle: &[Step]) -> Option<Diagnostic> {
    let start = circle.iter().position(|step| matches!(step.from, Node::Queue(_)))?;
    let Node::Queue(queue) = circle[start].from else { return None };
    let queue = &topology.queues[queue];
    let steps = || circle.iter().cycle().skip(start).take(circle.len());
    let way: Vec<String> = steps().take(SHOWN).map(|step| node(topology, step.from)).collect();
    let more = if circle.len() > SHOWN { " → …" } else { "" };
    let first = &queue.name.value;
    let way = way.join(" → ");
    let message = format!("the queue `{first}` feeds itself, and holds up who fills it: {way}{more} → `{first}`");
    let mut found = Diagnostic::error("job_loop", message);
    for step in steps().take(SHOWN) {
        let (from, to) = (node(topology, step.from), node(topology, step.to));
        let text = match (step.from, step.to) {
            (Node::Queue(_), _) => format!("{to} works off {from}"),
            (_, Node::Queue(_)) => format!("{from} waits for room in {to}"),
            _ => format!("{from} invokes {to}, and waits"),
        };
        found = found.label(step.span, text);
    }
    if let Some(when_full) = queue.when_full {
        found =
            found.label(when_full.span, format!("once `{first}` is full, its workers wait for each other for ever"));
    }
    Some(found.help(format!("write `when_full: refuse` on the queue `{first}`, or take one of these edges out")))
}
