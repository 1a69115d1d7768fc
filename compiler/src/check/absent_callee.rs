//! `absent_callee`: a call to a command that is not deployed together with its caller.

use std::collections::HashSet;

use super::Input;
use super::placement::Placement;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Located, ServiceId, Topology, Unit};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for placement in &input.placements {
        let deployment = &placement.deployment.name;
        let mut seen = HashSet::new();
        for (placed, handler) in
            placement.units.iter().flat_map(|placed| placed.handlers.iter().map(move |handler| (placed, *handler)))
        {
            for edge in &topology.operation(handler).edges.invokes {
                let callee = Handler::Command(edge.command.value);
                if !placement.homes(callee).is_empty() || !seen.insert(edge.command.span) {
                    continue;
                }
                let (from, to) = (topology.address(handler), topology.address(callee));
                let service = topology.service_address(topology.service_of(callee));
                let name = &deployment.value;
                let found = Diagnostic::error(
                    "absent_callee",
                    format!("{from} invokes {to}, which is not in the deployment `{name}`"),
                )
                .label(edge.command.span, format!("{from} needs {to}"))
                .label(topology.operation(callee).name.span, format!("no unit of `{name}` runs it"))
                .label(deployment.span, format!("runs {from} in the unit `{}`", placed.unit.name.value));
                findings.add(match other_version(topology, placement, topology.service_of(callee)) {
                    Some((unit, other)) => found
                        .label(other.span, format!("`{}` runs another version", unit.name.value))
                        .help(format!("add `{service}` to `{}`, or to a unit of its own", unit.name.value)),
                    None => {
                        found.help(format!("add `{service}` to the services of `{name}`, or take {from} out of it"))
                    }
                });
            }
        }
    }
}

/// Where a unit runs another version of a service.
fn other_version<'p>(
    topology: &Topology,
    placement: &'p Placement<'_>,
    wanted: ServiceId,
) -> Option<(&'p Unit, Located<ServiceId>)> {
    let name = &topology.services[wanted].name.value;
    let is_other = |id: ServiceId| id != wanted && topology.services[id].name.value == *name;
    placement.units.iter().find_map(|placed| {
        let other = placed.unit.services.iter().find(|service| is_other(service.value))?;
        Some((placed.unit, *other))
    })
}
