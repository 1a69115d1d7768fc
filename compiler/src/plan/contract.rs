//! The contract: the typed addresses that handlers and callers compile against, and their names in Rust.

use serde::Serialize;

use super::operation::{self, Operation};
use super::place::{Place, Rust, version_module};
use super::time::{Backoff, Time};
use crate::topology::{
    self, EventId, Handler, Located, Presence, QueueId, Rate, RustPath, RustType, SubscriptionId, Topology, WhenFull,
};

/// What is generated once, whatever the deployments are.
#[derive(Clone, Debug, Serialize)]
pub struct Contract {
    /// The module that holds it: `crate::topology`, `shop_contract::topology`.
    pub path: Rust<RustPath>,
    /// Services, one for each name.
    pub services: Vec<ServiceModule>,
    /// Events.
    pub events: Vec<Event>,
    /// Queues.
    pub queues: Vec<Queue>,
    /// State collections.
    pub states: Vec<State>,
    /// Secrets.
    pub secrets: Vec<Secret>,
}

/// All versions of a service, in one module.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceModule {
    /// Its name, which is that of the module.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its versions.
    pub versions: Vec<ServiceVersion>,
}

/// One version of a service.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceVersion {
    /// Its version.
    pub version: u32,
    /// What it is for.
    pub description: String,
    /// The module of this version within that of the service, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub module: Option<String>,
    /// The type of the user's that its handlers are made from.
    pub resources: Rust<RustPath>,
    /// Its handlers: commands, subscriptions, workers, schedules.
    pub operations: Vec<Operation>,
}

/// A fact that is published.
#[derive(Clone, Debug, Serialize)]
pub struct Event {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its marker type.
    pub marker: Place,
    /// What it carries.
    pub payload: Rust<RustType>,
    /// Where it is published.
    pub subject: String,
    /// Where it exists, where that is not everywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environments: Option<Vec<String>>,
    /// How many events and jobs may have led to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_hops: Option<u32>,
    /// How large and how many they are.
    #[serde(flatten)]
    pub expected: Expected,
    /// What those need who hear it.
    #[serde(flatten)]
    pub listeners: Listeners,
    /// Who hears it, in whatever unit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<Subscribed>,
}

/// A subscription to an event, as brokers know it.
#[derive(Clone, Debug, Serialize)]
pub struct Subscribed {
    /// Its address with its version: `email.v1.greet`.
    pub address: String,
    /// Its marker type.
    pub marker: Place,
    /// Whether events may be lost to it.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub at_most_once: bool,
}

/// What those who hear an event or work on a queue need of whoever sends it.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct Listeners {
    /// The shortest time for which one of them remembers what it has handled: a message that is sent once more after it
    /// would have a second effect.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remembered: Option<Time>,
    /// Whether one of them handles messages in order.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub in_order: bool,
}

impl Listeners {
    fn of(topology: &Topology, handlers: impl Iterator<Item = Handler>) -> Self {
        handlers.fold(Self::default(), |listeners, handler| {
            let idempotency = topology.operation(handler).idempotency.as_ref();
            let keep = idempotency.map(|idempotency| idempotency.value.keep.value);
            let in_order = match handler {
                Handler::Subscription(id) => topology.subscriptions[id].ordered.is_some(),
                _ => false,
            };
            let remembered = listeners.remembered.map(|Time(time)| time).into_iter().chain(keep).min();
            Self { remembered: remembered.map(Time), in_order: listeners.in_order || in_order }
        })
    }
}

/// Jobs for competing workers.
#[derive(Clone, Debug, Serialize)]
pub struct Queue {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its marker type.
    pub marker: Place,
    /// What a job is.
    pub payload: Rust<RustType>,
    /// Where jobs are put.
    pub subject: String,
    /// How long a worker holds a job before another one gets it.
    pub lease: Time,
    /// All attempts, the first one included.
    pub attempts: u32,
    /// The waits between them.
    pub backoff: Backoff,
    /// Whether a job whose attempts ran out is kept.
    pub dead_letter: bool,
    /// How long a job's deduplication id is remembered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deduplicate: Option<Time>,
    /// How many jobs it holds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<u32>,
    /// What happens to the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_full: Option<WhenFull>,
    /// Whether jobs may be put in for later.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub delayed: bool,
    /// How large and how many they are.
    #[serde(flatten)]
    pub expected: Expected,
    /// What those need who work on it.
    #[serde(flatten)]
    pub listeners: Listeners,
}

/// Values under keys.
#[derive(Clone, Debug, Serialize)]
pub struct State {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its marker type.
    pub marker: Place,
    /// What a value is.
    pub value: Rust<RustType>,
    /// How long a value lives after its last write.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ttl: Option<Time>,
    /// What its store has to be able to do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<String>,
    /// How large a value is expected to be, in bytes.
    #[serde(flatten)]
    pub expected: Expected,
}

/// What the topology expects of messages and values: adapters and buffers are held against it.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Expected {
    /// The size of the largest, in bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub size: Option<u64>,
    /// How many there are: `10/s`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<String>,
}

impl Expected {
    fn of(size: Option<Located<u64>>, rate: Option<Located<Rate>>) -> Self {
        Self { size: size.map(|size| size.value), rate: rate.map(|rate| rate.value.to_string()) }
    }
}

/// Something that is read from the environment's secret store.
#[derive(Clone, Debug, Serialize)]
pub struct Secret {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Its marker type.
    pub marker: Place,
}

pub(super) fn plan(topology: &Topology) -> Contract {
    Contract {
        path: Rust(topology.contract.value.clone()),
        services: services(topology),
        events: topology.events.iter().map(|(id, event)| self::event(topology, id, event)).collect(),
        queues: topology.queues.iter().map(|(id, queue)| self::queue(topology, id, queue)).collect(),
        states: topology.states.values().map(state).collect(),
        secrets: topology.secrets.values().map(secret).collect(),
    }
}

/// Versions of one service stand beside each other in the model, so a new name begins a new module.
fn services(topology: &Topology) -> Vec<ServiceModule> {
    let mut modules: Vec<ServiceModule> = Vec::new();
    for service in topology.services.values() {
        let name = &service.name.value;
        let version = version(topology, service);
        match modules.last_mut().filter(|module| module.name == *name) {
            Some(module) => module.versions.push(version),
            None => {
                let made_up = || format!("The service `{name}`.");
                let description = service.description.clone().unwrap_or_else(made_up);
                modules.push(ServiceModule { name: name.clone(), description, versions: vec![version] });
            }
        }
    }
    modules
}

fn version(topology: &Topology, service: &topology::Service) -> ServiceVersion {
    let version = service.version.value;
    ServiceVersion {
        version,
        description: format!("Version {version} of the service `{}`.", service.name.value),
        module: service.has_siblings.then(|| version_module(service)),
        resources: Rust(service.resources.value.clone()),
        operations: service.handlers().map(|handler| operation::plan(topology, handler)).collect(),
    }
}

fn event(topology: &Topology, id: EventId, event: &topology::Event) -> Event {
    let heard = || topology.subscriptions.iter().filter(|(_, subscription)| subscription.event.value == id);
    let name = &event.name.value;
    Event {
        name: name.clone(),
        description: event.description.clone().unwrap_or_else(|| format!("The event `{name}`.")),
        marker: Place::of_kind("event", name),
        payload: Rust(event.payload.value.clone()),
        subject: pontoon_schema::subject::event(&topology.name.value, name, event.version),
        environments: environments(topology, &event.environments),
        max_hops: event.max_hops.map(|hops| hops.value),
        expected: Expected::of(event.size, event.rate),
        listeners: Listeners::of(topology, heard().map(|(id, _)| Handler::Subscription(id))),
        subscriptions: heard().map(|(id, subscription)| subscribed(topology, id, subscription)).collect(),
    }
}

fn subscribed(topology: &Topology, id: SubscriptionId, subscription: &topology::Subscription) -> Subscribed {
    Subscribed {
        address: topology.full_address(Handler::Subscription(id)),
        marker: Place::of_handler(topology, Handler::Subscription(id)),
        at_most_once: subscription.delivery.value == topology::Delivery::AtMostOnce,
    }
}

/// The names of the environments that something exists in, where those are not all.
pub(super) fn environments(topology: &Topology, presence: &Presence) -> Option<Vec<String>> {
    let ids = presence.0.as_ref()?;
    Some(ids.iter().map(|id| topology.environments[id.value].name.value.clone()).collect())
}

fn queue(topology: &Topology, id: QueueId, queue: &topology::Queue) -> Queue {
    let worked = topology.workers.iter().filter(|(_, worker)| worker.queue.value == id);
    let name = &queue.name.value;
    Queue {
        name: name.clone(),
        description: queue.description.clone().unwrap_or_else(|| format!("The queue `{name}`.")),
        marker: Place::of_kind("queue", name),
        payload: Rust(queue.payload.value.clone()),
        subject: pontoon_schema::subject::queue(&topology.name.value, name),
        lease: Time(queue.lease.value),
        attempts: queue.attempts.value,
        backoff: queue.backoff.value.into(),
        dead_letter: queue.dead_letter.value,
        deduplicate: queue.deduplicate.map(|window| Time(window.value)),
        bound: queue.bound.map(|bound| u32::try_from(bound.value).unwrap_or(u32::MAX)),
        when_full: queue.when_full.map(|when_full| when_full.value),
        delayed: queue.delayed.value,
        expected: Expected::of(queue.size, queue.rate),
        listeners: Listeners::of(topology, worked.map(|(id, _)| Handler::Worker(id))),
    }
}

fn state(state: &topology::State) -> State {
    let name = &state.name.value;
    State {
        name: name.clone(),
        description: state.description.clone().unwrap_or_else(|| format!("The state collection `{name}`.")),
        marker: Place::of_kind("state", name),
        value: Rust(state.value.value.clone()),
        ttl: state.ttl.map(|ttl| Time(ttl.value)),
        needs: state.needs.iter().map(|need| need.value.to_string()).collect(),
        expected: Expected::of(state.size, None),
    }
}

fn secret(secret: &topology::Secret) -> Secret {
    let name = &secret.name.value;
    Secret { name: name.clone(), description: format!("The secret `{name}`."), marker: Place::of_kind("secret", name) }
}
