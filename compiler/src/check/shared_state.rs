//! `shared_state`: a state collection that two services write.

use std::collections::{HashMap, HashSet};

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Handler, StateId};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // Versions of one service are one owner: only the first edge of every service by name counts.
    let mut writers: HashMap<StateId, Vec<(&str, Handler, Span)>> = HashMap::new();
    let mut known = HashSet::new();
    for handler in topology.handlers() {
        let service = topology.services[topology.service_of(handler)].name.value.as_str();
        for edge in topology.operation(handler).edges.changes() {
            if known.insert((edge.value, service)) {
                writers.entry(edge.value).or_default().push((service, handler, edge.span));
            }
        }
    }
    for (id, state) in topology.states.iter() {
        let Some([(owner, ..), _, ..]) = writers.get(&id).map(Vec::as_slice) else { continue };
        let name = &state.name.value;
        let services = listed(writers[&id].iter().map(|(service, ..)| format!("`{service}`")));
        let message = format!("the state collection `{name}` is written by the services {services}");
        let mut found = Diagnostic::warning("shared_state", message);
        for (_, handler, span) in writers[&id].iter().take(SHOWN) {
            found = found.label(*span, format!("{} writes it", topology.address(*handler)));
        }
        findings.add(found.label(state.name.span, "who keeps this right?").help(format!(
            "let one service own it, say `{owner}`: the others invoke a command of `{owner}` that writes, or emit an \
             event that it subscribes to"
        )));
    }
}
