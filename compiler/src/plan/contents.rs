//! Which handlers a unit holds, where else a command can be reached, and who calls it from there.

use std::collections::{HashMap, HashSet};

use crate::topology::{
    CommandId, Delivery, DeploymentId, EventId, Handler, ServiceId, SubscriptionId, Topology, UnitId,
};

/// The handlers of the units of one deployment.
pub(crate) struct Contents {
    units: Vec<(UnitId, Vec<Handler>)>,
    /// The units that hold a command: one, except where functions bundle a service several times.
    homes: HashMap<CommandId, Vec<UnitId>>,
    /// The units that call a command without holding it.
    callers: HashMap<CommandId, Vec<UnitId>>,
    /// Those who have to get every event.
    lasting: HashMap<EventId, Lasting>,
}

/// The subscriptions that have to get every event of one kind.
pub(crate) struct Lasting {
    /// Those of this deployment, each with its unit.
    pub(crate) here: Vec<(UnitId, SubscriptionId)>,
    /// Whether those are all that there are.
    pub(crate) all: bool,
}

impl Contents {
    pub(crate) fn of(topology: &Topology, deployment: DeploymentId) -> Self {
        let units = topology.deployments[deployment].units.iter();
        let units = units.map(|unit| (*unit, handlers(topology, *unit))).collect();
        let mut contents = Self { units, homes: HashMap::new(), callers: HashMap::new(), lasting: HashMap::new() };
        for (unit, handlers) in &contents.units {
            for handler in handlers {
                if let Handler::Command(command) = handler {
                    contents.homes.entry(*command).or_default().push(*unit);
                }
            }
        }
        for (unit, handlers) in &contents.units {
            let edges = handlers.iter().flat_map(|handler| &topology.operation(*handler).edges.invokes);
            for command in edges.map(|edge| edge.command.value) {
                let callers = contents.callers.entry(command).or_default();
                if !holds(&contents.homes, *unit, command) && callers.last() != Some(unit) {
                    callers.push(*unit);
                }
            }
        }
        contents.lasting = contents.lasting_of(topology);
        contents
    }

    fn lasting_of(&self, topology: &Topology) -> HashMap<EventId, Lasting> {
        let mut lasting: HashMap<EventId, Lasting> = HashMap::new();
        let handlers = self.units().flat_map(|(unit, handlers)| handlers.iter().map(move |handler| (unit, *handler)));
        let mut here = HashSet::new();
        for (unit, handler) in handlers {
            let Handler::Subscription(id) = handler else { continue };
            if topology.subscriptions[id].delivery.value == Delivery::AtLeastOnce {
                here.insert(id);
                let event = topology.subscriptions[id].event.value;
                lasting.entry(event).or_insert(Lasting { here: Vec::new(), all: true }).here.push((unit, id));
            }
        }
        for (id, subscription) in topology.subscriptions.iter() {
            let is_elsewhere = subscription.delivery.value == Delivery::AtLeastOnce && !here.contains(&id);
            if let Some(known) = lasting.get_mut(&subscription.event.value).filter(|_| is_elsewhere) {
                known.all = false;
            }
        }
        lasting
    }

    /// Who has to get every event of this kind.
    pub(crate) fn lasting(&self, event: EventId) -> &Lasting {
        const NOBODY: &Lasting = &Lasting { here: Vec::new(), all: true };
        self.lasting.get(&event).unwrap_or(NOBODY)
    }

    /// Every unit with its handlers, in the order of the document.
    pub(crate) fn units(&self) -> impl Iterator<Item = (UnitId, &[Handler])> {
        self.units.iter().map(|(unit, handlers)| (*unit, handlers.as_slice()))
    }

    /// The units that hold `command`.
    pub(crate) fn homes(&self, command: CommandId) -> &[UnitId] {
        self.homes.get(&command).map_or(&[], Vec::as_slice)
    }

    /// The units that call `command` over the bridge.
    pub(crate) fn callers(&self, command: CommandId) -> &[UnitId] {
        self.callers.get(&command).map_or(&[], Vec::as_slice)
    }

    /// Whether `unit` holds `command`, so that a call from within it is local.
    pub(crate) fn holds(&self, unit: UnitId, command: CommandId) -> bool {
        holds(&self.homes, unit, command)
    }
}

fn holds(homes: &HashMap<CommandId, Vec<UnitId>>, unit: UnitId, command: CommandId) -> bool {
    homes.get(&command).is_some_and(|homes| homes.contains(&unit))
}

/// A process has all handlers of its services; a function has its command and what that calls within its bundle.
fn handlers(topology: &Topology, unit: UnitId) -> Vec<Handler> {
    let unit = &topology.units[unit];
    let all = unit.services.iter().flat_map(|service| topology.services[service.value].handlers());
    let Some(function) = &unit.function else {
        return all.collect();
    };
    let services: HashSet<ServiceId> = unit.services.iter().map(|service| service.value).collect();
    let mut reached = HashSet::from([Handler::Command(function.value)]);
    let mut open = vec![function.value];
    while let Some(command) = open.pop() {
        let invoked = topology.commands[command].operation.edges.invokes.iter().map(|edge| edge.command.value);
        let bundled = invoked.filter(|id| services.contains(&topology.commands[*id].operation.service));
        open.extend(bundled.filter(|id| reached.insert(Handler::Command(*id))));
    }
    all.filter(|handler| reached.contains(handler)).collect()
}
