//! `unfilled_queue`: workers of a queue that no job ever enters.

use std::collections::{HashMap, HashSet};

use super::Input;
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, QueueId, WorkerId};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let edges = topology.handlers().flat_map(|handler| &topology.operation(handler).edges.enqueues);
    let filled: HashSet<QueueId> = edges.map(|edge| edge.value).collect();
    let mut waiting: HashMap<QueueId, Vec<WorkerId>> = HashMap::new();
    for (id, worker) in topology.workers.iter() {
        waiting.entry(worker.queue.value).or_default().push(id);
    }
    for (id, queue) in topology.queues.iter().filter(|(id, _)| !filled.contains(id)) {
        let Some(waiting) = waiting.get(&id) else { continue };
        let name = &queue.name.value;
        let message = format!("no handler puts jobs into the queue `{name}`, so its workers never run");
        let mut found = Diagnostic::warning("unfilled_queue", message);
        for id in waiting.iter().take(SHOWN) {
            let address = topology.address(Handler::Worker(*id));
            found = found.label(topology.workers[*id].queue.span, format!("{address} waits for it"));
        }
        findings.add(found.label(queue.name.span, "nobody enqueues here").help(format!(
            "write `enqueues: [{name}]` on the handler that has work to do, or, where the jobs come from outside, allow it:\n\
             allow: [{{ rule: unfilled_queue, at: queues.{name}, reason: \"filled by …\" }}]"
        )));
    }
}
