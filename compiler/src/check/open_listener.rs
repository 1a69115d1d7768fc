//! `open_listener`: a command over HTTP that does not say who may call it.

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, command) in topology.commands.iter() {
        let Some(http) = command.http.as_ref().filter(|http| http.value.authentication.is_none()) else { continue };
        let address = topology.address(Handler::Command(id));
        let route = http.value.route.value.to_string();
        let quoted = if route.contains('{') { format!("\"{route}\"") } else { route.clone() };
        findings.add(
            Diagnostic::warning("open_listener", format!("`{route}` does not say who may call {address}"))
                .label(http.span, "open to everybody who can reach it")
                .help(format!(
                    "name one of the environment's ways, `http: {{ route: {quoted}, authentication: staff }}`, or say that \
                     everybody may: `http: {{ route: {quoted}, authentication: none }}`"
                )),
        );
    }
}
