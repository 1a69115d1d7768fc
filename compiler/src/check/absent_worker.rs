//! `absent_worker`: jobs whose worker runs nowhere that they get to.

use super::Input;
use super::absent_end::{Kind, alone};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, QueueId};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let sends =
        |handler| topology.operation(handler).edges.enqueues.iter().map(|edge| (edge.value, edge.span)).collect();
    let takers = |queue: QueueId, _| {
        let workers = topology.workers.iter().filter(|(_, worker)| worker.queue.value == queue);
        workers.map(|(id, _)| Handler::Worker(id)).collect()
    };
    let kind = Kind {
        sends: &sends,
        takers: &takers,
        bridge: |environment| environment.queue_bridge.as_ref(),
        crosses: |bridge| bridge.bridge().is_some_and(|bridge| bridge.crosses_processes),
    };
    for (queue, found) in alone(input, &kind) {
        let name = &topology.queues[queue].name.value;
        let deployment = &found.deployment.value;
        let address = topology.address(found.taker);
        findings.add(
            Diagnostic::error(
                "absent_worker",
                format!("jobs go into the queue `{name}` in `{deployment}`, where no worker takes them out"),
            )
            .label(found.sender.1, format!("{} puts jobs in", topology.address(found.sender.0)))
            .label(
                topology.operation(found.taker).name.span,
                format!("{address} works them off, and is in none of its units"),
            )
            .label(found.deployment.span, found.why())
            .help(format!("put the service of {address} {}", found.place())),
        );
    }
}
