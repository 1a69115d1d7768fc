//! `unemitted_event`: a subscription that waits for what never happens.

use std::collections::{HashMap, HashSet};

use super::Input;
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{EventId, Handler, SubscriptionId};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let edges = topology.handlers().flat_map(|handler| &topology.operation(handler).edges.emits);
    let emitted: HashSet<EventId> = edges.map(|edge| edge.value).collect();
    let mut waiting: HashMap<EventId, Vec<SubscriptionId>> = HashMap::new();
    for (id, subscription) in topology.subscriptions.iter() {
        waiting.entry(subscription.event.value).or_default().push(id);
    }
    for (id, event) in topology.events.iter().filter(|(id, _)| !emitted.contains(id)) {
        let Some(waiting) = waiting.get(&id) else { continue };
        let name = &event.name.value;
        let message = format!("no handler emits the event `{name}`, so its subscriptions never run");
        let mut found = Diagnostic::warning("unemitted_event", message);
        for id in waiting.iter().take(SHOWN) {
            let address = topology.address(Handler::Subscription(*id));
            found = found.label(topology.subscriptions[*id].event.span, format!("{address} waits for it"));
        }
        findings.add(found.label(event.name.span, "nobody emits this").help(format!(
            "write `emits: [{name}]` on the handler that makes it happen, or, where it comes from outside, allow it:\n\
             allow: [{{ rule: unemitted_event, at: events.{name}, reason: \"emitted by …\" }}]"
        )));
    }
}
