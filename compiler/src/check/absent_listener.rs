//! `absent_listener`: events of which all listeners run where they do not get to.

use super::Input;
use super::absent_end::{Kind, alone};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{EventId, Handler};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let sends = |handler| topology.operation(handler).edges.emits.iter().map(|edge| (edge.value, edge.span)).collect();
    let takers = |event: EventId, environment| {
        let heard = topology.subscriptions.iter().filter(|(_, subscription)| subscription.event.value == event);
        let heard = heard.filter(|(id, _)| topology.has_subscription(environment, *id));
        heard.map(|(id, _)| Handler::Subscription(id)).collect()
    };
    let kind = Kind {
        sends: &sends,
        takers: &takers,
        bridge: |environment| environment.event_bridge.as_ref(),
        crosses: |bridge| bridge.bridge().is_some_and(|bridge| bridge.crosses_processes),
    };
    for (event, found) in alone(input, &kind) {
        let name = &topology.events[event].name.value;
        let deployment = &found.deployment.value;
        let address = topology.address(found.taker);
        findings.add(
            Diagnostic::warning(
                "absent_listener",
                format!("the event `{name}` is emitted in `{deployment}`, where nobody hears it"),
            )
            .label(found.sender.1, format!("{} emits it", topology.address(found.sender.0)))
            .label(
                topology.operation(found.taker).name.span,
                format!("{address} hears it, and is in none of its units"),
            )
            .label(found.deployment.span, found.why())
            .help(format!(
                "put the service of {address} {}; where that is \
                 meant, say so: allow: [{{ rule: absent_listener, at: …, reason: … }}]",
                found.place()
            )),
        );
    }
}
