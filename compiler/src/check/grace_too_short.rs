//! `grace_too_short`: a shutdown that cuts off handlers which are still within their time.

use super::Input;
use super::wording::time;
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for placement in &input.placements {
        let (deployment, grace) = (placement.deployment, placement.deployment.grace);
        let handlers = placement.units.iter().flat_map(|placed| placed.handlers.iter().map(move |id| (placed, *id)));
        let timed = handlers.filter_map(|(unit, id)| Some((unit, id, topology.operation(id).timeout?)));
        let Some((placed, handler, longest)) = timed.max_by_key(|(.., timeout)| timeout.value) else { continue };
        if longest.value <= grace.value {
            continue;
        }
        let (name, address) = (&deployment.name.value, topology.address(handler));
        let kept = if grace.span == deployment.name.span { " (the default)" } else { "" };
        findings.add(
            Diagnostic::error(
                "grace_too_short",
                format!(
                    "the deployment `{name}` stops after {}, while {address} may work for {}",
                    time(grace.value),
                    time(longest.value)
                ),
            )
            .label(grace.span, format!("at a shutdown, work has {}{kept} to end", time(grace.value)))
            .label(longest.span, format!("{address}, in the unit `{}`, may take longer", placed.unit.name.value))
            .help(format!("write `grace: {}` or more on `{name}`, or a shorter `timeout:`", time(longest.value))),
        );
    }
}
