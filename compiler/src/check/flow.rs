//! What a deployment sends over the bridges of its environments: the flows that bridges have to be able to carry.

use std::collections::HashMap;

use super::placement::Placement;
use crate::source::Span;
use crate::topology::{EventId, Handler, Purpose, QueueId, SubscriptionId, Topology, UnitId, WorkerId};

/// One message's way from a handler to another one.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    /// Where the edge is written.
    pub(super) span: Span,
    pub(super) from: Handler,
    /// The unit that sends …
    pub(super) sender: UnitId,
    pub(super) to: Handler,
    /// … and the one that receives: the first, where there are several.
    pub(super) receiver: UnitId,
    pub(super) carried: Carried,
}

/// What is sent.
#[derive(Clone, Copy)]
pub(super) enum Carried {
    Call,
    Event(EventId),
    Job(QueueId),
}

impl Carried {
    /// The bridge that carries it.
    pub(super) fn purpose(self) -> Purpose {
        match self {
            Carried::Call | Carried::Event(_) => Purpose::EventBridge,
            Carried::Job(_) => Purpose::QueueBridge,
        }
    }
}

/// The flows between different units, each once for each pair of ends.
pub(super) fn between_units(topology: &Topology, placement: &Placement<'_>) -> Vec<Flow> {
    let mut listeners: HashMap<EventId, Vec<SubscriptionId>> = HashMap::new();
    let mut workers: HashMap<QueueId, Vec<WorkerId>> = HashMap::new();
    for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
        match handler {
            Handler::Subscription(id) => {
                listeners.entry(topology.subscriptions[*id].event.value).or_default().push(*id);
            }
            Handler::Worker(id) => workers.entry(topology.workers[*id].queue.value).or_default().push(*id),
            Handler::Command(_) | Handler::Schedule(_) => {}
        }
    }
    let mut flows = Vec::new();
    for placed in &placement.units {
        for from in &placed.handlers {
            let mut add = |span, to, carried| {
                if let Some(receiver) = placement.homes(to).first().filter(|_| !placement.runs(placed.id, to)) {
                    flows.push(Flow { span, from: *from, sender: placed.id, to, receiver: *receiver, carried });
                }
            };
            let edges = &topology.operation(*from).edges;
            for edge in &edges.invokes {
                add(edge.command.span, Handler::Command(edge.command.value), Carried::Call);
            }
            for edge in &edges.emits {
                for to in listeners.get(&edge.value).into_iter().flatten() {
                    add(edge.span, Handler::Subscription(*to), Carried::Event(edge.value));
                }
            }
            for edge in &edges.enqueues {
                for to in workers.get(&edge.value).into_iter().flatten() {
                    add(edge.span, Handler::Worker(*to), Carried::Job(edge.value));
                }
            }
        }
    }
    flows
}
