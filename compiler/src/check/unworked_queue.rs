//! `unworked_queue`: jobs that nobody does.

use std::collections::{HashMap, HashSet};

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, QueueId};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let worked: HashSet<QueueId> = topology.workers.values().map(|worker| worker.queue.value).collect();
    let mut sources: HashMap<QueueId, Vec<_>> = HashMap::new();
    for handler in topology.handlers() {
        let edges = topology.operation(handler).edges.enqueues.iter();
        for edge in edges.filter(|edge| !worked.contains(&edge.value)) {
            sources.entry(edge.value).or_default().push((handler, edge.span));
        }
    }
    for (id, queue) in topology.queues.iter().filter(|(id, _)| !worked.contains(id)) {
        let Some(sources) = sources.get(&id) else { continue };
        let name = &queue.name.value;
        let address = |handler: &Handler| topology.address(*handler);
        let into = listed(sources.iter().map(|(handler, _)| address(handler)));
        let message = format!("jobs go into the queue `{name}`, and no worker takes them out");
        let mut found = Diagnostic::error("unworked_queue", message)
            .label(queue.name.span, format!("filled by {into}, worked by nobody"));
        for (handler, span) in sources.iter().take(SHOWN) {
            found = found.label(*span, format!("{} puts jobs in", address(handler)));
        }
        findings.add(found.help(format!(
            "give it a worker, in the service that is to do the work:\n\
             workers:\n  handle_{name}: {{ queue: {name}, timeout: 10s, repeatable: true }}"
        )));
    }
}
