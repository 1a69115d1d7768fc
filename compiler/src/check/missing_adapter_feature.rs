//! `missing_adapter_feature`: an adapter that generated code names, in a crate whose `pontoon` was built without it.

use std::collections::{BTreeSet, HashSet};

use super::Input;
use super::wording::{SHOWN, listed};
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let Some(built) = &input.built else { return };
    let all: BTreeSet<&str> = built.opened.iter().flat_map(|(_, connection)| connection.features()).collect();
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
    let features = all.iter().map(|feature| format!("\"{feature}\"")).collect::<Vec<_>>().join(", ");
    findings.add(
        found.help(format!("write into Cargo.toml:\npontoon = {{ version = \"{VERSION}\", features = [{features}] }}")),
    );
}

/// The versions of the crate `pontoon` that this compiler generates code for.
const VERSION: &str = concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR"));
