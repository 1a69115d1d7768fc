//! `absent_callee`: a call to a command that is not deployed together with its caller.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

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
                findings.add(
                    Diagnostic::error(
                        "absent_callee",
                        format!("{from} invokes {to}, which is not in the deployment `{name}`"),
                    )
                    .label(edge.command.span, format!("{from} needs {to}"))
                    .label(topology.operation(callee).name.span, format!("no unit of `{name}` runs it"))
                    .label(deployment.span, format!("runs {from} in the unit `{}`", placed.unit.name.value))
                    .help(format!("add `{service}` to the services of `{name}`, or take {from} out of it")),
                );
            }
        }
    }
}
