//! `plaintext_transport`: messages in the clear where they matter.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // An inherited connection is one place in the file: reported for the first environment that has it.
    let mut seen = HashSet::new();
    for environment in input.topology.environments.values().filter(|environment| environment.is_hard()) {
        for (purpose, connection) in environment.connections() {
            if connection.tls.value || !seen.insert(connection.tls.span) {
                continue;
            }
            let (name, key) = (&environment.name.value, purpose.key());
            findings.add(
                Diagnostic::error(
                    "plaintext_transport",
                    format!("the {key} of `{name}` is reached without encryption"),
                )
                .label(connection.tls.span, "everybody on the way can read and change what passes")
                .label(environment.name.span, "not `ephemeral`, so its data matters")
                .help(format!(
                    "take `tls: disabled` out, or say why it is right here: allow: [{{ rule: plaintext_transport, at: \
                         environments.{name}.{key}, reason: \"…\" }}]"
                )),
            );
        }
    }
}
