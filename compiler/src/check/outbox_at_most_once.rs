//! `outbox_at_most_once`: an event that is published until it is safe, to a subscription that must not get it twice.

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Connection, Delivery, Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    if !crosses_processes(topology) {
        return;
    }
    for (id, subscription) in topology.subscriptions.iter() {
        let operation = &subscription.operation;
        // Twice does no harm where the handler says so.
        let twice = operation.repeatable.value || operation.idempotency.is_some();
        if subscription.delivery.value == Delivery::AtLeastOnce || twice {
            continue;
        }
        let event = subscription.event.value;
        let senders = || {
            topology.handlers().filter_map(move |handler| {
                let operation = topology.operation(handler);
                let edge = operation.edges.emits.iter().find(|edge| edge.value == event);
                edge.filter(|_| operation.outbox.value).map(|edge| (topology.address(handler), edge.span))
            })
        };
        if senders().next().is_none() {
            continue;
        }
        let (address, name) = (topology.address(Handler::Subscription(id)), &topology.events[event].name.value);
        let from = listed(senders().map(|(sender, _)| sender));
        let mut found = Diagnostic::warning(
            "outbox_at_most_once",
            format!("{address} gets `{name}` at most once, and {from} publishes it until it is safe (`outbox: true`)"),
        )
        .label(subscription.delivery.span, "a second instance does not know that the first one has had it");
        for (_, span) in senders().take(SHOWN) {
            found = found.label(span, "published once more where the broker's answer is lost");
        }
        let without = if subscription.batch.is_some() { " and without `batch:`" } else { "" };
        findings.add(found.help(format!(
            "write `repeatable: true` on {address} if twice does no harm there, or `delivery: at_least_once` with \
             `idempotency`{without}; or take `outbox: true` out where the event may be lost"
        )));
    }
}

/// Whether events leave their process anywhere: in memory none is published twice.
fn crosses_processes(topology: &Topology) -> bool {
    let bridges = topology.environments.iter().filter_map(|(_, environment)| environment.event_bridge.as_ref());
    bridges.filter_map(Connection::bridge).any(|bridge| bridge.crosses_processes)
}
