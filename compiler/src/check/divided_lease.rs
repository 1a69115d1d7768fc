//! `divided_lease`: a schedule that is to run in one instance at a time, several processes, and a store that stays
//! within each.

use std::collections::HashSet;

use pontoon_schema::capability;

use super::Input;
use super::wording::either;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // An inherited store is one place in the file.
    let mut seen = HashSet::new();
    for placement in input.placements.iter().filter(|placement| placement.scales_out()) {
        let handlers = || placement.units.iter().flat_map(|placed| &placed.handlers);
        for environment in placement.environments() {
            let Some(store) = &environment.state_store else { continue };
            if store.state_store().is_none_or(|store| store.crosses_processes) {
                continue;
            }
            for handler in handlers() {
                let Handler::Schedule(id) = *handler else { continue };
                let single = topology.schedules[id].single;
                if !single.value || !seen.insert((id, store.adapter.span)) {
                    continue;
                }
                let (address, name) = (topology.address(*handler), &environment.name.value);
                let message =
                    format!("{address} is to run in one instance at a time, and none sees the lease of another");
                let crossing = capability::STATE_STORES.iter().filter(|store| store.crosses_processes);
                let crossing = either(crossing.map(|store| format!("`{}`", store.adapter.name())));
                findings.add(
                    Diagnostic::error("divided_lease", message)
                        .label(single.span, "by a lease in the state store")
                        .label(
                            store.adapter.span,
                            format!("in `{name}`, each process has an `{}` of its own", store.name()),
                        )
                        .help(format!(
                            "let the state_store be {crossing}, or delete `single:` if all instances may run {address}"
                        )),
                );
            }
        }
    }
}
