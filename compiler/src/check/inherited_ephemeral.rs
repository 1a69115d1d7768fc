//! `inherited_ephemeral`: an environment that has taken over `ephemeral: true`, and does not look as if it meant it.

use super::Input;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Connection, Environment, Purpose};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for environment in topology.environments.values().filter(|environment| environment.ephemeral.value) {
        let Some(extends) = environment.extends else { continue };
        let parent = &topology.environments[extends.value];
        if parent.ephemeral.span != environment.ephemeral.span {
            continue;
        }
        // Where the parent has something that remembers, it is meant. Who takes that in place of what forgets has a
        // reason.
        if durable(parent).next().is_some() {
            continue;
        }
        let durable: Vec<(Purpose, &Connection)> = durable(environment).collect();
        let [(_, first), ..] = durable.as_slice() else { continue };
        let (name, heir) = (&parent.name.value, &environment.name.value);
        let verb = if durable.len() == 1 { "does" } else { "do" };
        let what = listed(durable.iter().map(|(purpose, _)| purpose.key()));
        findings.add(
            Diagnostic::warning(
                "inherited_ephemeral",
                format!("`{heir}` is ephemeral because `{name}` is, and its {what} {verb} not forget"),
            )
            .label(environment.ephemeral.span, "losing data is acceptable here, …")
            .label(extends.span, "… and so it is here")
            .label(first.adapter.span, format!("`{}` keeps what it has", first.name()))
            .help(format!("write `ephemeral: false` in `{heir}`, or `ephemeral: true` where that is meant")),
        );
    }
}

/// Its bridges and its state store that do not forget.
fn durable(environment: &Environment) -> impl Iterator<Item = (Purpose, &Connection)> {
    let given_something = |purpose| !matches!(purpose, Purpose::SecretStore | Purpose::ConfigStore);
    environment
        .connections()
        .filter(move |(purpose, connection)| given_something(*purpose) && connection.capabilities.keeps())
}
