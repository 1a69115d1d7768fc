//! `unplaced_service`: a service of a deployment that none of its units holds.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Pattern;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for placement in &input.placements {
        let deployment = placement.deployment;
        if deployment.pattern.value == Pattern::Serverless {
            continue;
        }
        let units = placement.units.iter().map(|placed| placed.unit);
        let placed: HashSet<_> = units.flat_map(|unit| &unit.services).map(|service| service.value).collect();
        for service in deployment.services.iter().filter(|service| !placed.contains(&service.value)) {
            let (name, address) = (&deployment.name.value, topology.service_address(service.value));
            let message = format!("the service `{address}` belongs to the deployment `{name}`, and none of its units runs it");
            let named = service.span != deployment.name.span;
            let mut found = Diagnostic::error("unplaced_service", message);
            found = if named {
                found.label(service.span, "is to be deployed")
            } else {
                found.label(deployment.name.span, format!("deploys all services, `{address}` too"))
            };
            for placed in &placement.units {
                found = found.label(placed.unit.name.span, format!("does not hold `{address}`"));
            }
            findings.add(found.label(topology.services[service.value].name.span, "runs nowhere then").help(format!(
                "add it to a unit or give it its own: `units: {{ …, {unit}: [{address}] }}`; or leave it out: name the \
                 others in `services:` of `{name}`",
                unit = topology.services[service.value].name.value,
            )));
        }
    }
}
