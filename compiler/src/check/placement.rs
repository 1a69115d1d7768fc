//! Which handlers the units of a deployment run, and in which units a handler is found.

use std::collections::{HashMap, HashSet};

use crate::topology::{
    CommandId, Deployment, DeploymentId, Environment, EnvironmentId, Handler, Pattern, ServiceId, Topology, Unit,
    UnitId,
};

/// A deployment, with its handlers put into its units.
pub(super) struct Placement<'a> {
    pub(super) deployment: &'a Deployment,
    pub(super) units: Vec<Placed<'a>>,
    environments: Vec<(EnvironmentId, &'a Environment)>,
    homes: HashMap<Handler, Vec<UnitId>>,
}

/// A unit with the handlers that it runs.
pub(super) struct Placed<'a> {
    pub(super) id: UnitId,
    pub(super) unit: &'a Unit,
    pub(super) handlers: Vec<Handler>,
}

impl<'a> Placement<'a> {
    pub(super) fn of(topology: &'a Topology, id: DeploymentId) -> Self {
        let deployment = &topology.deployments[id];
        let units: Vec<Placed<'a>> = deployment
            .units
            .iter()
            .map(|id| Placed { id: *id, unit: &topology.units[*id], handlers: handlers(topology, *id) })
            .collect();
        let mut homes: HashMap<Handler, Vec<UnitId>> = HashMap::new();
        for placed in &units {
            for handler in &placed.handlers {
                homes.entry(*handler).or_default().push(placed.id);
            }
        }
        let environments = deployment.environments.iter();
        let environments = environments.map(|id| (id.value, &topology.environments[id.value])).collect();
        Self { deployment, units, environments, homes }
    }

    /// Whether its units can have several instances that run schedules: functions run none, and each device is one of
    /// its own.
    pub(super) fn scales_out(&self) -> bool {
        self.deployment.pattern.value == Pattern::Microservices
    }

    /// The environments that the deployment runs in.
    pub(super) fn environments(&self) -> impl Iterator<Item = &'a Environment> {
        self.identified_environments().map(|(_, environment)| environment)
    }

    /// The same, each with its id.
    pub(super) fn identified_environments(&self) -> impl Iterator<Item = (EnvironmentId, &'a Environment)> {
        self.environments.iter().copied()
    }

    /// The units that run `handler`: one, except where functions bundle it several times.
    pub(super) fn homes(&self, handler: Handler) -> &[UnitId] {
        self.homes.get(&handler).map_or(&[], Vec::as_slice)
    }

    /// Whether `unit` runs `handler`.
    pub(super) fn runs(&self, unit: UnitId, handler: Handler) -> bool {
        self.homes(handler).contains(&unit)
    }
}

/// A process runs all handlers of its services; a function its command, and what that calls within its bundle.
fn handlers(topology: &Topology, unit: UnitId) -> Vec<Handler> {
    let unit = &topology.units[unit];
    let Some(function) = &unit.function else {
        return unit.services.iter().flat_map(|service| topology.services[service.value].handlers()).collect();
    };
    let services: HashSet<ServiceId> = unit.services.iter().map(|service| service.value).collect();
    let mut reached = HashSet::from([function.value]);
    let mut open = vec![function.value];
    while let Some(command) = open.pop() {
        let invoked = topology.commands[command].operation.edges.invokes.iter().map(|edge| edge.command.value);
        let bundled = invoked.filter(|id| services.contains(&topology.commands[*id].operation.service));
        open.extend(bundled.filter(|id| reached.insert(*id)));
    }
    // Ids are in the order of the file.
    let mut reached: Vec<CommandId> = reached.into_iter().collect();
    reached.sort_unstable();
    reached.into_iter().map(Handler::Command).collect()
}
