//! Which boxes and arrows a topology or a deployment has.

use std::collections::BTreeSet;

use super::{Arrow, Drawing, Group, Node, Shape};
use crate::plan::Contents;
use crate::topology::{CommandId, DeploymentId, EventId, Handler, QueueId, Service, StateId, Topology, UnitId};

/// What no service owns.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Shared {
    Event(EventId),
    Queue(QueueId),
    State(StateId),
}

pub(super) fn topology(topology: &Topology) -> Drawing {
    let scene = Scene { topology, contents: None };
    let handlers: Vec<Handler> = topology.services.values().flat_map(Service::handlers).collect();
    let groups = scene.services(None, &handlers);
    let handlers = handlers.into_iter().map(|handler| (None, handler)).collect();
    scene.drawing(topology.name.value.clone(), groups, handlers)
}

pub(super) fn deployment(topology: &Topology, id: DeploymentId) -> Drawing {
    let contents = Contents::of(topology, id);
    let units: Vec<(UnitId, Vec<Handler>)> =
        contents.units().map(|(unit, handlers)| (unit, handlers.to_vec())).collect();
    let scene = Scene { topology, contents: Some(contents) };
    let group = |(unit, handlers): &(UnitId, Vec<Handler>)| {
        let name = &topology.units[*unit].name.value;
        let groups = scene.services(Some(*unit), handlers);
        Group { id: format!("unit_{name}"), label: name.clone(), groups, nodes: Vec::new() }
    };
    let groups = units.iter().map(group).collect();
    let placed = |(unit, handlers): &(UnitId, Vec<Handler>)| -> Vec<Placed> {
        handlers.iter().map(|handler| (Some(*unit), *handler)).collect()
    };
    let title = format!("{}: {}", topology.name.value, topology.deployments[id].name.value);
    scene.drawing(title, groups, units.iter().flat_map(placed).collect())
}

/// A handler where it is drawn. One that is bundled into two functions is drawn twice.
type Placed = (Option<UnitId>, Handler);

struct Scene<'a> {
    topology: &'a Topology,
    /// Who lives where, in the picture of a deployment.
    contents: Option<Contents>,
}

impl Scene<'_> {
    fn drawing(&self, title: String, groups: Vec<Group>, handlers: Vec<Placed>) -> Drawing {
        let mut arrows = Vec::new();
        let mut touched = BTreeSet::new();
        for (unit, handler) in handlers {
            let here = self.handler_id(unit, handler);
            arrows.extend(self.calls(unit, handler));
            for (shared, label, inward) in self.flows(handler) {
                touched.insert(shared);
                let there = self.shared(shared).id;
                let (from, to) = if inward { (there, here.clone()) } else { (here.clone(), there) };
                arrows.push(Arrow { from, to, label, crosses: false });
            }
        }
        let shared = touched.into_iter().map(|shared| self.shared(shared)).collect();
        Drawing { title, groups, shared, arrows }
    }

    /// A box for each service that these handlers belong to.
    fn services(&self, unit: Option<UnitId>, handlers: &[Handler]) -> Vec<Group> {
        let service_of = |handler: &Handler| self.topology.service_of(*handler);
        let group = |handlers: &[Handler]| {
            let id = service_of(handlers.first()?);
            let service = &self.topology.services[id];
            Some(Group {
                id: format!("{}service_{}_v{}", self.prefix(unit), service.name.value, service.version.value),
                label: self.topology.service_address(id),
                groups: Vec::new(),
                nodes: handlers.iter().map(|handler| self.handler(unit, *handler)).collect(),
            })
        };
        handlers.chunk_by(|one, next| service_of(one) == service_of(next)).filter_map(group).collect()
    }

    fn handler(&self, unit: Option<UnitId>, handler: Handler) -> Node {
        let shape = match handler {
            Handler::Command(_) => Shape::Command,
            Handler::Subscription(_) => Shape::Subscription,
            Handler::Worker(_) => Shape::Worker,
            Handler::Schedule(_) => Shape::Schedule,
        };
        let label = self.topology.operation(handler).name.value.clone();
        Node { id: self.handler_id(unit, handler), label, shape }
    }

    /// The calls of a handler to commands that are in the picture.
    fn calls(&self, unit: Option<UnitId>, handler: Handler) -> Vec<Arrow> {
        let arrow = |command: CommandId| {
            let (home, crosses) = self.home(unit, command)?;
            let to = self.handler_id(home, Handler::Command(command));
            Some(Arrow { from: self.handler_id(unit, handler), to, label: "invokes", crosses })
        };
        let invokes = &self.topology.operation(handler).edges.invokes;
        invokes.iter().filter_map(|invocation| arrow(invocation.command.value)).collect()
    }

    /// Where a call from `unit` arrives, and whether it leaves the unit for that.
    fn home(&self, unit: Option<UnitId>, command: CommandId) -> Option<(Option<UnitId>, bool)> {
        let Some(contents) = &self.contents else {
            return Some((None, false));
        };
        match unit.filter(|unit| contents.holds(*unit, command)) {
            Some(unit) => Some((Some(unit), false)),
            None => contents.homes(command).first().map(|home| (Some(*home), true)),
        }
    }

    /// What a handler emits, takes, reads and writes, and whether the arrow points at the handler.
    fn flows(&self, handler: Handler) -> Vec<(Shared, &'static str, bool)> {
        let mut flows = Vec::new();
        match handler {
            Handler::Subscription(id) => {
                flows.push((Shared::Event(self.topology.subscriptions[id].event.value), "starts", true));
            }
            Handler::Worker(id) => flows.push((Shared::Queue(self.topology.workers[id].queue.value), "starts", true)),
            Handler::Command(_) | Handler::Schedule(_) => {}
        }
        let edges = &self.topology.operation(handler).edges;
        flows.extend(edges.emits.iter().map(|event| (Shared::Event(event.value), "emits", false)));
        flows.extend(edges.enqueues.iter().map(|queue| (Shared::Queue(queue.value), "enqueues", false)));
        flows.extend(edges.reads.iter().map(|state| (Shared::State(state.value), "read by", true)));
        flows.extend(edges.updates.iter().map(|state| (Shared::State(state.value), "updates", false)));
        flows.extend(edges.writes.iter().map(|state| (Shared::State(state.value), "writes", false)));
        flows
    }

    fn shared(&self, shared: Shared) -> Node {
        let (kind, name, shape) = match shared {
            Shared::Event(id) => ("event", &self.topology.events[id].name.value, Shape::Event),
            Shared::Queue(id) => ("queue", &self.topology.queues[id].name.value, Shape::Queue),
            Shared::State(id) => ("state", &self.topology.states[id].name.value, Shape::State),
        };
        Node { id: format!("{kind}_{name}"), label: name.clone(), shape }
    }

    fn handler_id(&self, unit: Option<UnitId>, handler: Handler) -> String {
        let address = self.topology.full_address(handler).replace('.', "_");
        format!("{}{}_{address}", self.prefix(unit), handler.kind())
    }

    fn prefix(&self, unit: Option<UnitId>) -> String {
        unit.map(|unit| format!("{}_", self.topology.units[unit].name.value)).unwrap_or_default()
    }
}
