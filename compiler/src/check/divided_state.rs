//! `divided_state`: one collection, several processes, and a store that stays within each.

use std::collections::BTreeMap;

use pontoon_schema::capability;

use super::Input;
use super::wording::{SHOWN, either, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{StateId, Topology, Unit};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // By collection and store: an inherited store is one place in the file.
    let mut found: BTreeMap<(StateId, Span), Diagnostic> = BTreeMap::new();
    for placement in &input.placements {
        let mut users: BTreeMap<StateId, Vec<(&Unit, Span)>> = BTreeMap::new();
        for placed in &placement.units {
            for edge in placed.handlers.iter().flat_map(|handler| topology.operation(*handler).edges.states()) {
                let units = users.entry(edge.value).or_default();
                if units.iter().all(|(unit, _)| !std::ptr::eq(*unit, placed.unit)) {
                    units.push((placed.unit, edge.span));
                }
            }
        }
        users.retain(|_, units| units.len() > 1);
        for environment in placement.environments() {
            let Some(store) = &environment.state_store else { continue };
            if store.state_store().is_none_or(|store| store.crosses_processes) {
                continue;
            }
            for (state, units) in &users {
                found.entry((*state, store.adapter.span)).or_insert_with(|| {
                    let stays =
                        format!("in `{}`, each process has an `{}` of its own", environment.name.value, store.name());
                    finding(topology, *state, units).label(store.adapter.span, stays)
                });
            }
        }
    }
    findings.extend(found.into_values());
}

fn finding(topology: &Topology, state: StateId, units: &[(&Unit, Span)]) -> Diagnostic {
    let name = &topology.states[state].name.value;
    let all = listed(units.iter().map(|(unit, _)| format!("`{}`", unit.name.value)));
    let message =
        format!("the state collection `{name}` is used by the units {all}, and none sees what another writes");
    let mut found = Diagnostic::error("divided_state", message);
    for (unit, span) in units.iter().take(SHOWN) {
        found = found.label(*span, format!("used in the unit `{}`", unit.name.value));
    }
    let crossing = capability::STATE_STORES.iter().filter(|store| store.crosses_processes);
    let crossing = either(crossing.map(|store| format!("`{}`", store.adapter.name())));
    found.help(format!("let the state_store be {crossing}, or put the services that use `{name}` into one unit"))
}
