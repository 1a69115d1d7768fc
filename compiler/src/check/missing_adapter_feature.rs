//! `missing_adapter_feature`: an adapter that generated code names, or a time zone that it goes by, in a crate whose
//! `pontoon` was built without it.

use std::collections::{BTreeSet, HashSet};

use pontoon_schema::cron;

use super::wording::{SHOWN, listed};
use super::{Built, Input};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Located};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let Some(built) = &input.built else { return };
    let zones = zones(input, built);
    let mut all: BTreeSet<&str> = built.opened.iter().flat_map(|(_, connection)| connection.features()).collect();
    all.extend(zones.first().map(|_| cron::FEATURE));
    let missing: Vec<&str> = all.iter().copied().filter(|feature| built.lacks(feature)).collect();
    if missing.is_empty() {
        return;
    }
    let noun = if missing.len() == 1 { "feature" } else { "features" };
    let message = format!(
        "`pontoon` was built without the {noun} {}, which generated code needs",
        listed(missing.iter().map(|feature| format!("`{feature}`")))
    );
    let mut found = Diagnostic::error("missing_adapter_feature", message);
    // An inherited connection is one place in the file.
    let mut seen = HashSet::new();
    for (environment, connection) in &built.opened {
        let lacks = connection.features().filter(|feature| built.lacks(feature));
        let lacks: Vec<String> = lacks.map(|feature| format!("`{feature}`")).collect();
        if lacks.is_empty() || seen.len() == SHOWN || !seen.insert(connection.adapter.span) {
            continue;
        }
        let (name, environment) = (connection.name(), &environment.name.value);
        let encrypted = if connection.tls.value { ", encrypted" } else { "" };
        let text = format!("`{environment}` connects to `{name}`{encrypted}: needs {}", listed(&lacks));
        found = found.label(connection.adapter.span, text);
    }
    for zone in zones.iter().take(SHOWN).filter(|_| built.lacks(cron::FEATURE)) {
        found = found.label(zone.span, format!("a time zone other than UTC: needs `{}`", cron::FEATURE));
    }
    let features = all.iter().map(|feature| format!("\"{feature}\"")).collect::<Vec<_>>().join(", ");
    findings.add(
        found.help(format!("write into Cargo.toml:\npontoon = {{ version = \"{VERSION}\", features = [{features}] }}")),
    );
}

/// The time zones of the schedules that run in generated units, other than UTC.
fn zones<'a>(input: &Input<'a>, built: &Built<'_>) -> Vec<&'a Located<String>> {
    let units = input.placements.iter().flat_map(|placement| &placement.units);
    let handlers = units.filter(|placed| built.units.contains(&placed.id)).flat_map(|placed| &placed.handlers);
    let schedules: BTreeSet<_> = handlers
        .filter_map(|handler| match handler {
            Handler::Schedule(id) => Some(*id),
            _ => None,
        })
        .collect();
    schedules.into_iter().filter_map(|id| input.topology.schedules[id].zone.as_ref()).collect()
}

/// The versions of the crate `pontoon` that this compiler generates code for.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
