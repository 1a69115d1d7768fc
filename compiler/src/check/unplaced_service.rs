//! `unplaced_service`: a service of a deployment that none of its units holds.

use std::collections::HashSet;

use super::Input;
use super::wording::SHOWN;
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
        let placed: HashSet<_> = units.flat_map(|unit| unit.services.iter()).map(|service| service.value).collect();
        for service in deployment.services.iter().filter(|service| !placed.contains(&service.value)) {
            let (name, address) = (&deployment.name.value, topology.service_address(service.value));
            let message =
                format!("the service `{address}` belongs to the deployment `{name}`, and none of its units runs it");
            let mut found = Diagnostic::error("unplaced_service", message)
                .label(service.span, "is to be deployed, and runs nowhere");
            for placed in placement.units.iter().take(SHOWN) {
                found = found.label(placed.unit.name.span, format!("does not hold `{address}`"));
            }
            let unit = &topology.services[service.value].name.value;
            findings.add(found.help(format!(
                "put it into one of the units, or into its own, `units: {{ …, {unit}: [{address}] }}`; or take it out of \
                 the `services:` of `{name}`"
            )));
        }
    }
}
