//! `shared_client_id`: units that are one client to an MQTT broker, which lets only the last of them be connected.

use std::collections::HashSet;

use super::Input;
use super::placement::Placement;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Environment, Origin, Setting, TextPart};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // An inherited setting is one place in the file: reported for the first environment that has it.
    let mut seen = HashSet::new();
    for placement in input.placements.iter().filter(|placement| placement.units.len() > 1) {
        for environment in placement.environments() {
            let connections = environment.connections();
            let ids = connections.filter_map(|(_, connection)| connection.settings.get("client_id"));
            let shared = ids.filter(|id| !varies(id));
            findings
                .extend(shared.filter(|id| seen.insert(id.value.span)).map(|id| finding(placement, environment, id)));
        }
    }
}

/// Whether it may be another one for each process.
fn varies(id: &Setting) -> bool {
    let is_variable = |part: &TextPart| matches!(part, TextPart::Reference(part) if part.origin == Origin::Variable);
    id.value.value.parts.iter().any(is_variable)
}

fn finding(placement: &Placement<'_>, environment: &Environment, id: &Setting) -> Diagnostic {
    let (deployment, environment) = (&placement.deployment.name, &environment.name.value);
    let units = listed(placement.units.iter().map(|placed| format!("`{}`", placed.unit.name.value)));
    let message = format!("the units {units} of `{}` have one client id in `{environment}`", deployment.value);
    Diagnostic::error("shared_client_id", message)
        .label(id.value.span, "whoever comes under it last has the broker throw out the one before")
        .label(deployment.span, format!("{} processes at least", placement.units.len()))
        .help("let every process say its own, the same after a restart: `client_id: \"${MQTT_CLIENT_ID}\"`")
}
