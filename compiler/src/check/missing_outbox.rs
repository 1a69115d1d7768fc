//! `missing_outbox`: a handler of whose effects one may happen without the other: state and messages, or state and the
//! note that the message is handled.

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let edges = &operation.edges;
        let sends = !edges.emits.is_empty() || !edges.enqueues.is_empty();
        if operation.outbox.value || edges.changes().next().is_none() {
            continue;
        }
        if !sends {
            findings.extend(twice(topology, handler));
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
        let write = match topology.batch(handler) {
            Some(_) => format!("take `batch:` out on {address}, for an `outbox:`"),
            None => format!("write `outbox: true` on {address}"),
        };
        findings.add(found.help(format!("{write}: state, events and jobs then happen together, or not at all")));
    }
}

/// A change of what was read that is made twice where a crash comes between it and the note that its message is
/// handled. What is written whatever is there is the same the second time.
fn twice(topology: &Topology, handler: Handler) -> Option<Diagnostic> {
    let operation = topology.operation(handler);
    let (idempotency, update) = (operation.idempotency.as_ref()?, operation.edges.updates.first()?);
    let (address, state) = (topology.address(handler), &topology.states[update.value].name.value);
    let message = format!(
        "{address} updates `{state}`, and a crash between that and the note that it has done so lets it update it twice"
    );
    let found = Diagnostic::warning("missing_outbox", message)
        .label(update.span, format!("`{state}` is changed by what is in it"))
        .label(idempotency.value.key.span, "noted under this key, once the handler has ended")
        .help(format!(
            "write `outbox: true` on {address}: the update and the note then happen together, or not at all"
        ));
    (!operation.repeatable.value).then_some(found)
}
