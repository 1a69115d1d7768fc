//! One process, container or function: what it is made of, what it listens to, and how all of that is called in Rust.

use std::collections::HashSet;

use pontoon_schema::name;
use serde::Serialize;

use super::contents::Contents;
use super::place::{Place, Rust};
use super::promises;
use super::traffic::{self, Kept, Reached, Served};
use crate::topology::{
    Edges, EventId, Handler, Located, Pattern, QueueId, RustPath, SecretId, Service, StateId, Topology, UnitId,
};

/// A unit of a deployment.
#[derive(Clone, Debug, Serialize)]
pub struct Unit {
    /// Its name within the deployment.
    pub name: String,
    /// Its module and the struct in it: `monolith::Monolith`, `microservices::mail::Mail`.
    pub place: Place,
    /// What its file is called in words: `The deployment `monolith``.
    #[serde(skip)]
    pub title: String,
    /// What it is.
    pub description: String,
    /// Its services.
    pub services: Vec<Member>,
    /// The events that its handlers emit.
    pub emits: Vec<Port>,
    /// The queues that its handlers put jobs into.
    pub enqueues: Vec<Port>,
    /// The state that its handlers read and write.
    pub keeps: Vec<Port>,
    /// The secrets that its handlers read.
    pub reveals: Vec<Port>,
    /// What starts its handlers, apart from calls.
    pub listens: Vec<Listener>,
    /// The commands that it serves on the bridge.
    pub serves: Vec<Served>,
    /// The commands of other units that its handlers call over the bridge.
    pub reaches: Vec<Reached>,
    /// The subscriptions of other units that have to get all events of this one.
    pub keeps_for: Vec<Kept>,
}

/// A service in a unit.
#[derive(Clone, Debug, Serialize)]
pub struct Member {
    /// The service, as the topology refers to it.
    pub service: String,
    /// Its name in the unit's structs: `user`, `email_v2`.
    pub field: String,
    /// The struct that holds its handlers.
    pub structure: String,
    /// The type of the user's that its handlers are made from.
    pub resources: Rust<RustPath>,
    /// Its handlers.
    pub handlers: Vec<MemberHandler>,
}

/// A handler in a unit.
#[derive(Clone, Debug, Serialize)]
pub struct MemberHandler {
    /// Its name in the struct of its service.
    pub field: String,
    /// Its marker type.
    pub marker: Place,
    /// The type of the user's.
    pub handler: Rust<RustPath>,
}

/// A connection of a unit to something outside its handlers.
#[derive(Clone, Debug, Serialize)]
pub struct Port {
    /// Its name in the unit's struct.
    pub field: String,
    /// The marker type.
    pub marker: Place,
}

/// A handler that is started from outside.
#[derive(Clone, Debug, Serialize)]
pub struct Listener {
    /// Its marker type.
    pub marker: Place,
    /// What starts it: `event`, `queue` or `clock`.
    pub kind: ListenerKind,
    /// Where that arrives; the clock has no subject.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// Whether it is handled in order.
    #[serde(skip_serializing_if = "is_false")]
    pub ordered: bool,
    /// What is promised about it: `at least once`, `5 attempts (default)`.
    pub promises: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks so")]
fn is_false(value: &bool) -> bool {
    !value
}

/// What starts a handler from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ListenerKind {
    /// An event.
    Event,
    /// A job.
    Queue,
    /// The clock.
    Clock,
}

pub(super) fn plan(topology: &Topology, id: UnitId, handlers: &[Handler], contents: &Contents) -> Unit {
    let unit = &topology.units[id];
    let mut names = UnitNames::default();
    let place = place(topology, id, &mut names.structures);
    let mut services: Vec<Member> = Vec::new();
    for handlers in handlers.chunk_by(|one, next| topology.service_of(*one) == topology.service_of(*next)) {
        services.push(member(topology, handlers, &mut names));
    }
    let used = Used::by(topology, handlers);
    let events = topology.events.iter().filter(|(id, _)| used.events.contains(id));
    let queues = topology.queues.iter().filter(|(id, _)| used.queues.contains(id));
    let states = topology.states.iter().filter(|(id, _)| used.states.contains(id));
    let secrets = topology.secrets.iter().filter(|(id, _)| used.secrets.contains(id));
    let mut port = |kind: &str, name: &Located<String>| Port {
        field: names.fields.free(&name.value, kind),
        marker: Place::of_kind(kind, &name.value),
    };
    Unit {
        name: unit.name.value.clone(),
        place,
        title: title(topology, id),
        description: description(topology, id),
        emits: events.map(|(_, event)| port("event", &event.name)).collect(),
        enqueues: queues.map(|(_, queue)| port("queue", &queue.name)).collect(),
        keeps: states.map(|(_, state)| port("state", &state.name)).collect(),
        reveals: secrets.map(|(_, secret)| port("secret", &secret.name)).collect(),
        listens: handlers.iter().filter_map(|handler| listener(topology, *handler)).collect(),
        serves: traffic::serves(topology, handlers, contents),
        reaches: traffic::reaches(topology, id, handlers, contents),
        keeps_for: traffic::keeps_for(topology, id, &used.events, contents),
        services,
    }
}

/// What the handlers of a unit use beside each other.
struct Used {
    events: HashSet<EventId>,
    queues: HashSet<QueueId>,
    states: HashSet<StateId>,
    secrets: HashSet<SecretId>,
}

impl Used {
    fn by(topology: &Topology, handlers: &[Handler]) -> Self {
        let operations = || handlers.iter().map(|handler| topology.operation(*handler));
        let edges = || operations().map(|operation| &operation.edges);
        let secrets = handlers.iter().flat_map(|handler| topology.secrets_of(*handler));
        Self {
            events: edges().flat_map(|edges| &edges.emits).map(|id| id.value).collect(),
            queues: edges().flat_map(|edges| &edges.enqueues).map(|id| id.value).collect(),
            states: edges().flat_map(Edges::states).map(|id| id.value).collect(),
            secrets: secrets.map(|id| id.value).collect(),
        }
    }
}

/// A monolith is a module of its own; the units of the other patterns are modules below that of their deployment.
fn place(topology: &Topology, id: UnitId, structures: &mut Names) -> Place {
    let unit = &topology.units[id];
    let deployment = &topology.deployments[unit.deployment];
    let mut modules = vec![deployment.name.value.clone()];
    if deployment.pattern.value != Pattern::Monolith {
        modules.push(unit.name.value.clone());
    }
    // What every unit's file defines.
    structures.0.insert("Resources".to_owned());
    Place { modules, item: structures.free(&name::pascal(&unit.name.value), "Unit") }
}

fn title(topology: &Topology, id: UnitId) -> String {
    let unit = &topology.units[id];
    let deployment = &topology.deployments[unit.deployment];
    match deployment.pattern.value {
        Pattern::Monolith => format!("The deployment `{}`", deployment.name.value),
        _ => format!("The unit `{}` of the deployment `{}`", unit.name.value, deployment.name.value),
    }
}

fn description(topology: &Topology, id: UnitId) -> String {
    let unit = &topology.units[id];
    let deployment = &topology.deployments[unit.deployment];
    let said = deployment.description.clone().filter(|_| deployment.pattern.value == Pattern::Monolith);
    let services = unit.services.iter().map(|service| topology.service_address(service.value));
    let services = services.collect::<Vec<_>>().join(", ");
    said.unwrap_or_else(|| match (deployment.pattern.value, &unit.function) {
        (Pattern::Monolith, _) => format!("Everything in one process: {services}."),
        (_, Some(command)) => format!("The function for {}.", topology.address(Handler::Command(command.value))),
        _ => format!("The unit `{}` of `{}`: {services}.", unit.name.value, deployment.name.value),
    })
}

/// The handlers of one service in the unit. There is at least one.
/// The names that are taken in a unit's module.
#[derive(Default)]
struct UnitNames {
    fields: Names,
    structures: Names,
}

fn member(topology: &Topology, handlers: &[Handler], names: &mut UnitNames) -> Member {
    let id = topology.service_of(handlers[0]);
    let service = &topology.services[id];
    let name = instance(service);
    Member {
        service: topology.service_address(id),
        structure: names.structures.free(&(name::pascal(&name) + "Handlers"), "OfService"),
        field: names.fields.free(&name, "service"),
        resources: Rust(service.resources.value.clone()),
        handlers: handlers.iter().map(|handler| member_handler(topology, *handler)).collect(),
    }
}

/// A service's name among others in one unit: `user`, `email_v2`.
fn instance(service: &Service) -> String {
    match service.has_siblings {
        true => format!("{}_v{}", service.name.value, service.version.value),
        false => service.name.value.clone(),
    }
}

fn member_handler(topology: &Topology, handler: Handler) -> MemberHandler {
    let operation = topology.operation(handler);
    MemberHandler {
        field: operation.name.value.clone(),
        marker: Place::of_handler(topology, handler),
        handler: Rust(operation.handler.value.clone()),
    }
}

fn listener(topology: &Topology, handler: Handler) -> Option<Listener> {
    let (kind, subject) = match handler {
        Handler::Command(_) => return None,
        Handler::Subscription(id) => {
            let event = &topology.events[topology.subscriptions[id].event.value];
            let subject = pontoon_schema::subject::event(&topology.name.value, &event.name.value, event.version);
            (ListenerKind::Event, Some(subject))
        }
        Handler::Worker(id) => {
            let queue = &topology.queues[topology.workers[id].queue.value].name.value;
            (ListenerKind::Queue, Some(pontoon_schema::subject::queue(&topology.name.value, queue)))
        }
        Handler::Schedule(_) => (ListenerKind::Clock, None),
    };
    let ordered = matches!(handler, Handler::Subscription(id) if topology.subscriptions[id].ordered.is_some());
    let promises = promises::of(topology, handler);
    Some(Listener { marker: Place::of_handler(topology, handler), kind, subject, ordered, promises })
}

/// Names that are taken in one scope of generated code.
#[derive(Default)]
struct Names(HashSet<String>);

impl Names {
    /// `name`, or `name` with what it is in its wake where the plain one is taken already.
    fn free(&mut self, name: &str, kind: &str) -> String {
        let joint = if name.starts_with(|first: char| first.is_ascii_uppercase()) { "" } else { "_" };
        let mut free = name.to_owned();
        while !self.0.insert(free.clone()) {
            free = [&free, joint, kind].concat();
        }
        free
    }
}
