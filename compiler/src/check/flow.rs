//! What a deployment sends over the bridges of its environments: the flows that bridges have to be able to carry.

use std::collections::HashMap;

use super::placement::Placement;
use crate::source::Span;
use crate::topology::{EventId, Handler, Purpose, QueueId, SubscriptionId, Topology, UnitId};

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

/// Who receives something: one handler, and another one that runs in another unit. More would only say the same again,
/// and every sender would be paired with every receiver.
#[derive(Default)]
struct Ends {
    one: Option<(Handler, UnitId)>,
    other: Option<(Handler, UnitId)>,
}

impl Ends {
    fn add(&mut self, handler: Handler, unit: UnitId) {
        match self.one {
            None => self.one = Some((handler, unit)),
            Some((_, known)) if known != unit && self.other.is_none() => self.other = Some((handler, unit)),
            Some(_) => {}
        }
    }

    fn elsewhere(&self, unit: UnitId) -> Option<(Handler, UnitId)> {
        self.one.into_iter().chain(self.other).find(|(_, home)| *home != unit)
    }
}

/// The flows between different units, for every edge one, as far as the subscriptions exist that events go to.
pub(super) fn between_units(
    topology: &Topology,
    placement: &Placement<'_>,
    exists: &dyn Fn(SubscriptionId) -> bool,
) -> Vec<Flow> {
    if placement.units.len() < 2 {
        return Vec::new();
    }
    let mut listeners: HashMap<EventId, Ends> = HashMap::new();
    let mut workers: HashMap<QueueId, Ends> = HashMap::new();
    for (placed, handler) in
        placement.units.iter().flat_map(|placed| placed.handlers.iter().map(move |it| (placed, it)))
    {
        match handler {
            Handler::Subscription(id) if exists(*id) => {
                let ends = listeners.entry(topology.subscriptions[*id].event.value).or_default();
                ends.add(*handler, placed.id);
            }
            Handler::Worker(id) => {
                workers.entry(topology.workers[*id].queue.value).or_default().add(*handler, placed.id);
            }
            Handler::Subscription(_) | Handler::Command(_) | Handler::Schedule(_) => {}
        }
    }
    let mut flows = Vec::new();
    for placed in &placement.units {
        for from in &placed.handlers {
            let (from, sender) = (*from, placed.id);
            let edges = &topology.operation(from).edges;
            for edge in &edges.invokes {
                let (span, to) = (edge.command.span, Handler::Command(edge.command.value));
                if let Some(receiver) = placement.homes(to).first().filter(|_| !placement.runs(sender, to)) {
                    flows.push(Flow { span, from, sender, to, receiver: *receiver, carried: Carried::Call });
                }
            }
            for edge in &edges.emits {
                let (span, carried) = (edge.span, Carried::Event(edge.value));
                if let Some((to, receiver)) = listeners.get(&edge.value).and_then(|ends| ends.elsewhere(sender)) {
                    flows.push(Flow { span, from, sender, to, receiver, carried });
                }
            }
            for edge in &edges.enqueues {
                let (span, carried) = (edge.span, Carried::Job(edge.value));
                if let Some((to, receiver)) = workers.get(&edge.value).and_then(|ends| ends.elsewhere(sender)) {
                    flows.push(Flow { span, from, sender, to, receiver, carried });
                }
            }
        }
    }
    flows
}
