//! `keyless_input`: a key that is a field of something that has no fields.

use super::Input;
use super::wording::written;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Located, RustType, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers() {
        let Some(payload) = payload(topology, handler) else { continue };
        let idempotency = topology.operation(handler).idempotency.as_ref().map(|idempotency| &idempotency.value.key);
        let ordered = match handler {
            Handler::Subscription(id) => topology.subscriptions[id].ordered.as_ref(),
            _ => None,
        };
        let ordered = ordered.and_then(|ordered| ordered.value.key.as_ref());
        let keys = [("idempotency", idempotency), ("ordered", ordered)];
        for (what, key) in keys.into_iter().filter_map(|(what, key)| Some((what, key?))) {
            if !payload.value.has_no_fields() {
                continue;
            }
            let field = key.value.split('.').next().unwrap_or_default();
            let (address, ty) = (topology.address(handler), written(topology, &payload.value));
            findings.add(
                Diagnostic::error("keyless_input", format!("{address} gets `{ty}`, which has no field `{field}`"))
                    .label(key.span, format!("the key of `{what}`"))
                    .label(payload.span, format!("`{ty}` has no fields that have a name"))
                    .help(format!(
                        "make it a type of your own that has the field, or take `{what}:` away from {address}"
                    )),
            );
        }
    }
}

/// What a handler gets.
fn payload(topology: &Topology, handler: Handler) -> Option<&Located<RustType>> {
    Some(match handler {
        Handler::Command(id) => &topology.commands[id].input,
        Handler::Subscription(id) => &topology.events[topology.subscriptions[id].event.value].payload,
        Handler::Worker(id) => &topology.queues[topology.workers[id].queue.value].payload,
        Handler::Schedule(_) => return None,
    })
}
