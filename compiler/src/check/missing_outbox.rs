//! `missing_outbox`: a handler that writes and sends, of which one may happen without the other.

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let edges = &operation.edges;
        let sends = !edges.emits.is_empty() || !edges.enqueues.is_empty();
        if operation.outbox.value || edges.changes().next().is_none() || !sends {
            continue;
        }
        let address = topology.address(handler);
        let states = edges.changes().map(|edge| (edge.span, &topology.states[edge.value].name.value));
        let events = edges.emits.iter().map(|edge| (edge.span, &topology.events[edge.value].name.value));
        let queues = edges.enqueues.iter().map(|edge| (edge.span, &topology.queues[edge.value].name.value));
        let sent = listed(events.clone().chain(queues.clone()).map(|(_, name)| format!("`{name}`")));
        let written = listed(states.clone().map(|(_, name)| format!("`{name}`")));
        let mut found = Diagnostic::warning(
            "missing_outbox",
            format!(
                "{address} writes {written} and sends {sent}, and a crash between them leaves one without the other"
            ),
        );
        for (span, name) in states.take(SHOWN) {
            found = found.label(span, format!("`{name}` is written"));
        }
        for (span, name) in events.take(SHOWN) {
            found = found.label(span, format!("`{name}` is emitted, whether or not the write stands"));
        }
        for (span, name) in queues.take(SHOWN) {
            found = found.label(span, format!("a job goes into `{name}`, whether or not the write stands"));
        }
        findings.add(found.help(format!(
            "write `outbox: true` on {address}: state, events and jobs then happen together, or not at all"
        )));
    }
}
