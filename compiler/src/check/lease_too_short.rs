//! `lease_too_short`: a job that is given to the next worker while the first one may still be at it.

use super::Input;
use super::wording::time;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, worker) in topology.workers.iter() {
        let queue = &topology.queues[worker.queue.value];
        let Some(timeout) = worker.operation.timeout.filter(|timeout| timeout.value >= queue.lease.value) else {
            continue;
        };
        let address = topology.address(Handler::Worker(id));
        let name = &queue.name.value;
        let (lease, may_take) = (time(queue.lease.value), time(timeout.value));
        let kept = if queue.lease.span == queue.name.span { " (the default)" } else { "" };
        findings.add(
            Diagnostic::error(
                "lease_too_short",
                format!("{address} may work for {may_take} on a job that is its own for {lease}"),
            )
            .label(timeout.span, format!("{address} may take {may_take}"))
            .label(queue.lease.span, format!("after {lease}{kept} another worker gets the job as well"))
            .help(format!(
                "write `lease: {}` on the queue `{name}`, or a shorter `timeout:` on {address}",
                time(timeout.value.saturating_mul(2))
            )),
        );
    }
}
