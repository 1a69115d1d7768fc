//! `placed_twice`: a service that two units of one deployment hold.

use std::collections::HashMap;

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
        let mut seen = HashMap::new();
        for unit in placement.units.iter().map(|placed| placed.unit) {
            for service in unit.services.iter() {
                let Some((first, span)) = seen.insert(service.value, (unit, service.span)) else { continue };
                let address = topology.service_address(service.value);
                let (first, second) = (&first.name.value, &unit.name.value);
                let message = if first == second {
                    format!("the service `{address}` stands twice in the unit `{first}`")
                } else {
                    format!(
                        "the service `{address}` is in two units of `{}`: `{first}` and `{second}`",
                        deployment.name.value
                    )
                };
                findings.add(
                    Diagnostic::error("placed_twice", message)
                        .label(span, format!("`{first}` runs it"))
                        .label(service.span, format!("`{second}` runs it again"))
                        .help(format!(
                            "take `{address}` out of one of them. To run it several times over, start its unit several times"
                        )),
                );
            }
        }
    }
}
