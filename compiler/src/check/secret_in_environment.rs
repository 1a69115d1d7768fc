//! `secret_in_environment`: a credential from a plain variable, where there is a secret store for it, or from one that
//! is something else.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Connection, Origin};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    something_else(input, findings);
    // An inherited setting is one place in the file: reported for the first environment that has it.
    let mut seen = HashSet::new();
    for environment in input.topology.environments.values().filter(|environment| environment.is_hard()) {
        let Some(store) = &environment.secret_store else { continue };
        if store.lookup().is_none_or(|store| store.in_environment) {
            continue;
        }
        let settings = environment.connections().flat_map(|(_, connection)| &connection.settings.entries);
        let held = settings.filter(|setting| HELD.contains(&last(&setting.name.value)));
        let held: HashSet<Span> = held.map(|setting| setting.value.span).collect();
        for reference in environment.references().filter(|reference| reference.value.origin == Origin::Variable) {
            let name = &reference.value.name;
            if !(is_credential(name) || held.contains(&reference.span)) || !seen.insert(reference.span) {
                continue;
            }
            let secret = name.to_ascii_lowercase();
            let environment = &environment.name.value;
            findings.add(
                Diagnostic::warning(
                    "secret_in_environment",
                    format!("`{environment}` reads a credential from the variable {name}, and has a secret store"),
                )
                .label(reference.span, "seen by child processes, crash reports and everybody who can list processes")
                .label(store.adapter.span, format!("`{environment}` keeps its secrets here"))
                .help(format!("put it into the secret store and write `${{secret:{secret}}}`")),
            );
        }
    }
}

/// Secrets that are read from a variable which every process has, and which is no secret.
fn something_else(input: &Input<'_>, findings: &mut Findings) {
    let in_variables = |store: &Connection| store.lookup().is_some_and(|store| store.in_environment);
    let mut stores = input.topology.environments.values().filter_map(|environment| environment.secret_store.as_ref());
    let Some(store) = stores.find(|store| in_variables(store)) else { return };
    for secret in input.topology.secrets.values() {
        let (name, variable) = (&secret.name.value, secret.name.value.to_ascii_uppercase());
        if !EVERYWHERE.contains(&variable.as_str()) {
            continue;
        }
        findings.add(
            Diagnostic::warning(
                "secret_in_environment",
                format!("the secret `{name}` is read from the variable {variable}, which every process has"),
            )
            .label(secret.name.span, format!("the value of {variable} is no secret, and not yours"))
            .label(store.adapter.span, "secrets are variables here")
            .help(format!("give the secret another name, such as `service_{name}`")),
        );
    }
}

/// Variables that a shell, a container or this product sets for every process.
const EVERYWHERE: [&str; 12] =
    ["HOME", "HOSTNAME", "LANG", "LOGNAME", "PATH", "PONTOON_ENV", "PWD", "SHELL", "TERM", "TMPDIR", "TZ", "USER"];

/// Settings that hold a credential, whatever the variable is called. Others may as well hold the path of one.
const HELD: [&str; 2] = ["password", "token"];

/// The key itself, without those that it stands under.
fn last(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// Whether a variable is one for a credential, by the last word of its name. A URL may or may not hold one: that is for
/// whoever sets it to know.
fn is_credential(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["PASSWORD", "PASSWD", "PASSPHRASE", "SECRET", "TOKEN", "CREDENTIALS", "API_KEY", "ACCESS_KEY", "PRIVATE_KEY"]
        .iter()
        .any(|word| name == *word || name.ends_with(&format!("_{word}")))
}
