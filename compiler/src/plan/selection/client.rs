//! In which environments the typed client knows its way, if it is generated.

use super::{Request, Selected, obstacle};
use crate::diagnostic::Diagnostic;
use crate::topology::{Environment, EnvironmentId, Topology};

/// The environments of the client: all that can be had where it is asked for, and those of `deployments` where nothing
/// is. It is of no use where nobody can be reached from outside.
pub(super) fn select(
    topology: &Topology,
    request: &Request,
    deployments: &[Selected],
    findings: &mut impl Extend<Diagnostic>,
) -> Vec<EnvironmentId> {
    if request.client {
        return asked(topology, request).unwrap_or_else(|found| {
            findings.extend(found);
            Vec::new()
        });
    }
    if !request.is_everything() || topology.commands.values().all(|command| !command.exposed.value) {
        return Vec::new();
    }
    let generated = |id: &EnvironmentId| {
        deployments.iter().any(|selected| {
            let all = &topology.deployments[selected.deployment].environments;
            selected.environments.iter().any(|index| all[*index].value == *id)
        })
    };
    let known = topology.environments.ids().filter(|id| topology.environments[*id].event_bridge.is_some());
    let known: Vec<EnvironmentId> = known.filter(generated).collect();
    if known.iter().any(|id| crosses(&topology.environments[*id])) { known } else { Vec::new() }
}

fn asked(topology: &Topology, request: &Request) -> Result<Vec<EnvironmentId>, Vec<Diagnostic>> {
    let (mut can, mut obstacles) = (Vec::new(), Vec::new());
    for (id, environment) in topology.environments.iter().filter(|(_, environment)| request.wants(environment)) {
        if environment.event_bridge.is_none() {
            continue;
        }
        match obstacle::adapter("the client", environment, environment.for_clients()) {
            None => can.push(id),
            Some(found) if request.names(environment) => return Err(vec![found]),
            Some(found) => obstacles.push(found),
        }
    }
    if can.iter().any(|id| crosses(&topology.environments[*id])) {
        return Ok(can);
    }
    if obstacles.is_empty() {
        obstacles.push(reaches_nobody(topology, &can));
    }
    Err(obstacles)
}

fn crosses(environment: &Environment) -> bool {
    let bridge = environment.event_bridge.as_ref();
    bridge.is_some_and(|bridge| !bridge.stays_in_process())
}

fn reaches_nobody(topology: &Topology, environments: &[EnvironmentId]) -> Diagnostic {
    let bridges = environments.iter().filter_map(|id| topology.environments[*id].event_bridge.as_ref());
    let message = "build.rs asks for the client, which reaches nobody: no event_bridge here crosses processes";
    bridges
        .fold(Diagnostic::error("unbridged_edge", message), |found, bridge| {
            let name = bridge.name();
            found.label(bridge.adapter.span, format!("`{name}` reaches nothing outside its own process"))
        })
        .help("drop `.client()`, or let the event_bridge of an environment be `amqp`, `nats` or `mqtt`")
}
