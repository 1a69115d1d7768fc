//! What a unit has to do with callers and with the other units of its deployment.

use std::collections::HashSet;

use serde::Serialize;

use super::contents::Contents;
use super::operation::subject;
use super::place::Place;
use crate::topology::{CommandId, EventId, Handler, SubscriptionId, Topology, UnitId};

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

/// An event of this unit of which subscriptions in other units must not miss any, whichever unit starts first.
#[derive(Clone, Debug, Serialize)]
pub struct Kept {
    /// The event.
    pub event: String,
    /// Its marker type.
    pub marker: Place,
    /// Whether the deployment has all of the event's subscriptions: nothing is kept for those of others.
    pub all: bool,
    /// How many subscriptions it is kept for.
    pub count: usize,
    /// Which those are: the first of them, where they are all.
    pub kept_for: Vec<KeptFor>,
}

impl Kept {
    /// What generated code names: the event, or each subscription where others are not here.
    pub fn named(&self) -> Vec<&Place> {
        match self.all {
            true => vec![&self.marker],
            false => self.kept_for.iter().map(|kept| &kept.marker).collect(),
        }
    }
}

/// A subscription of another unit.
#[derive(Clone, Debug, Serialize)]
pub struct KeptFor {
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

/// So many subscriptions are named where an event is kept for all: a plan stays small where a thousand hear a thousand.
const NAMED: usize = 12;

/// Which of the events in `emitted` others have to get all of.
pub(super) fn keeps_for(
    topology: &Topology,
    unit: UnitId,
    emitted: &HashSet<EventId>,
    contents: &Contents,
) -> Vec<Kept> {
    let emitted = topology.events.iter().filter(|(id, _)| emitted.contains(id));
    let kept = emitted.filter_map(|(id, event)| {
        let listeners = contents.lasting(id);
        let others = || listeners.here.iter().filter(|(home, _)| *home != unit);
        let (all, count) = (listeners.all, others().count());
        let named = others().take(if all { NAMED } else { count });
        let kept_for = named.map(|(home, subscription)| kept_for(topology, *home, *subscription)).collect();
        let (name, marker) = (event.name.value.clone(), Place::of_kind("event", &event.name.value));
        (count > 0).then_some(Kept { event: name, marker, all, count, kept_for })
    });
    kept.collect()
}

fn kept_for(topology: &Topology, home: UnitId, subscription: SubscriptionId) -> KeptFor {
    let handler = Handler::Subscription(subscription);
    KeptFor {
        subscription: topology.address(handler),
        marker: Place::of_handler(topology, handler),
        unit: topology.units[home].name.value.clone(),
    }
}

fn command(handler: &Handler) -> Option<CommandId> {
    match handler {
        Handler::Command(id) => Some(*id),
        _ => None,
    }
}
