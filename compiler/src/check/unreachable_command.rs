//! `unreachable_command`: a command that nothing can call.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{CommandId, Handler};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let edges = topology.handlers().flat_map(|handler| &topology.operation(handler).edges.invokes);
    let called = edges.map(|edge| edge.command.value);
    let functions = topology.deployments.values().flat_map(|deployment| &deployment.commands);
    let reached: HashSet<CommandId> = called.chain(functions.map(|function| function.value)).collect();
    for (id, command) in topology.commands.iter() {
        if reached.contains(&id) || command.http.is_some() || command.exposed.value {
            continue;
        }
        let address = topology.address(Handler::Command(id));
        let service = topology.service_address(command.operation.service);
        findings.add(
            Diagnostic::warning("unreachable_command", format!("nothing can call {address}"))
                .label(
                    command.operation.name.span,
                    "no handler invokes it, it has no HTTP route, is no function and is not exposed",
                )
                .help(format!(
                    "write `exposed: true` here if callers outside may use it, or `invokes: [{address}]` on the handler \
                     that does"
                ))
                .together(
                    format!("commands of `{service}` can't be called by anything"),
                    "write `exposed: true` where callers outside may use it, or `invokes: […]` on the handlers that do",
                ),
        );
    }
}
