//! `missing_timeout`: a call over the bridge that may wait for ever, and a handler for which others wait in order.

use std::collections::HashMap;

use super::Input;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{CommandId, Handler};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // The first call of every command that crosses units, and the deployments in which it does.
    let mut crossing: HashMap<CommandId, (Handler, _, Vec<&str>)> = HashMap::new();
    for placement in &input.placements {
        for placed in &placement.units {
            for handler in &placed.handlers {
                for edge in &topology.operation(*handler).edges.invokes {
                    let (callee, span) = (edge.command.value, edge.command.span);
                    let elsewhere = !placement.homes(Handler::Command(callee)).is_empty()
                        && !placement.runs(placed.id, Handler::Command(callee));
                    if topology.commands[callee].operation.timeout.is_some() || !elsewhere {
                        continue;
                    }
                    let deployments = &mut crossing.entry(callee).or_insert((*handler, span, Vec::new())).2;
                    let name = placement.deployment.name.value.as_str();
                    if deployments.last() != Some(&name) {
                        deployments.push(name);
                    }
                }
            }
        }
    }
    for (id, command) in topology.commands.iter() {
        let Some((caller, span, deployments)) = crossing.get(&id) else { continue };
        let (from, to) = (topology.address(*caller), topology.address(Handler::Command(id)));
        let deployments = listed(deployments.iter().map(|name| format!("`{name}`")));
        findings.add(
            Diagnostic::warning("missing_timeout", format!("{to} is called over the bridge, and has no time-out"))
                .label(command.operation.name.span, "may never answer, and nobody would notice")
                .label(*span, format!("{from} waits for it; in {deployments} it is in another unit"))
                .help(format!("write `timeout: 1s` on {to}: how long a run of it may take")),
        );
    }
    for (id, subscription) in topology.subscriptions.iter() {
        let Some(ordered) = subscription.ordered.as_ref().filter(|_| subscription.operation.timeout.is_none()) else {
            continue;
        };
        let address = topology.address(Handler::Subscription(id));
        findings.add(
            Diagnostic::warning(
                "missing_timeout",
                format!("{address} handles events in their order, and has no time-out"),
            )
            .label(subscription.operation.name.span, "may never end, and nobody would notice")
            .label(ordered.span, "what comes later in the same order waits for it")
            .help(format!("write `timeout: 10s` on {address}: how long a run of it may take")),
        );
    }
}
