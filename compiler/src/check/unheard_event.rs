//! `unheard_event`: a fact that is published to nobody.

use std::collections::{HashMap, HashSet};

use super::Input;
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::EventId;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let heard: HashSet<EventId> =
        topology.subscriptions.values().map(|subscription| subscription.event.value).collect();
    let mut emitters: HashMap<EventId, Vec<_>> = HashMap::new();
    for handler in topology.handlers() {
        for edge in topology.operation(handler).edges.emits.iter().filter(|edge| !heard.contains(&edge.value)) {
            emitters.entry(edge.value).or_default().push((handler, edge.span));
        }
    }
    for (id, event) in topology.events.iter() {
        let Some(emitters) = emitters.get(&id) else { continue };
        let name = &event.name.value;
        let message = format!("the event `{name}` is emitted, and no service subscribes to it");
        let mut found =
            Diagnostic::warning("unheard_event", message).label(event.name.span, "nobody subscribes to this");
        for (handler, span) in emitters.iter().take(SHOWN) {
            found = found.label(*span, format!("{} emits it", topology.address(*handler)));
        }
        findings.add(found.help(format!(
            "subscribe to it in the service that should react:\n\
             subscriptions:\n  on_{name}: {{ event: {name}, delivery: at_least_once, dead_letter: true, repeatable: true }}\n\
             or, where somebody outside listens, allow it:\n\
             allow: [{{ rule: unheard_event, at: events.{name}, reason: \"read by …\" }}]"
        )));
    }
}
