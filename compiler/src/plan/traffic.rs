//! What a unit has to do with callers and with the other units of its deployment.

use std::collections::HashSet;

use serde::Serialize;

use super::contents::Contents;
use super::operation::subject;
use super::place::Place;
use crate::topology::{CommandId, Delivery, EventId, Handler, Topology, UnitId};

/// A command that is served on the bridge.
#[derive(Clone, Debug, Serialize)]
pub struct Served {
    /// The command, as the topology refers to it.
    pub command: String,
    /// Its marker type.
    pub marker: Place,
    /// Its subject.
    pub subject: String,
    /// Whether the typed client may call it.
    pub exposed: bool,
    /// The units that call it.
    pub callers: Vec<String>,
}

/// A command of another unit that is called from here.
#[derive(Clone, Debug, Serialize)]
pub struct Reached {
    /// The command, as the topology refers to it.
    pub command: String,
    /// Its marker type.
    pub marker: Place,
    /// Its subject.
    pub subject: String,
    /// Which one of these units serves it.
    pub units: Vec<String>,
}

/// A subscription of another unit that must not miss an event of this one, whichever of the two starts first.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// The subscription, as the topology refers to it.
    pub subscription: String,
    /// Its marker type.
    pub marker: Place,
    /// The unit that holds it.
    pub unit: String,
}

/// Exposed commands, and those with a caller in a unit that does not hold them itself.
pub(super) fn serves(topology: &Topology, handlers: &[Handler], contents: &Contents) -> Vec<Served> {
    let served = handlers.iter().filter_map(command).map(|id| {
        let callers = contents.callers(id).iter().map(|unit| topology.units[*unit].name.value.clone());
        Served {
            command: topology.address(Handler::Command(id)),
            marker: Place::of_handler(topology, Handler::Command(id)),
            subject: subject(topology, Handler::Command(id)),
            exposed: topology.commands[id].exposed.value,
            callers: callers.collect(),
        }
    });
    served.filter(|served| served.exposed || !served.callers.is_empty()).collect()
}

/// What the handlers of `unit` call and it does not hold, in the order in which they do.
pub(super) fn reaches(topology: &Topology, unit: UnitId, handlers: &[Handler], contents: &Contents) -> Vec<Reached> {
    let mut seen = HashSet::new();
    let edges = handlers.iter().flat_map(|handler| &topology.operation(*handler).edges.invokes);
    let calls = edges.map(|edge| edge.command.value);
    let remote = calls.filter(|id| !contents.holds(unit, *id) && seen.insert(*id));
    let reached = remote.map(|id| Reached {
        command: topology.address(Handler::Command(id)),
        marker: Place::of_handler(topology, Handler::Command(id)),
        subject: subject(topology, Handler::Command(id)),
        units: contents.homes(id).iter().map(|unit| topology.units[*unit].name.value.clone()).collect(),
    });
    reached.collect()
}

/// Who elsewhere has to get every event out of `emitted`.
pub(super) fn keeps_for(
    topology: &Topology,
    unit: UnitId,
    emitted: &HashSet<EventId>,
    contents: &Contents,
) -> Vec<Kept> {
    let others = contents.units().filter(|(other, _)| *other != unit);
    let handlers = others.flat_map(|(other, handlers)| handlers.iter().map(move |handler| (other, *handler)));
    let hears_all = |handler| match handler {
        Handler::Subscription(id) => {
            let subscription = &topology.subscriptions[id];
            subscription.delivery.value == Delivery::AtLeastOnce && emitted.contains(&subscription.event.value)
        }
        _ => false,
    };
    let kept = handlers.filter(|(_, handler)| hears_all(*handler)).map(|(other, handler)| Kept {
        subscription: topology.address(handler),
        marker: Place::of_handler(topology, handler),
        unit: topology.units[other].name.value.clone(),
    });
    kept.collect()
}

fn command(handler: &Handler) -> Option<CommandId> {
    match handler {
        Handler::Command(id) => Some(*id),
        _ => None,
    }
}
