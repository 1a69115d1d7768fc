//! A handler as the contract has it: its marker type, what moves in and out, what it promises, what it may do.

use serde::Serialize;

use super::contract::environments;
use super::place::{Place, Rust};
use super::time::{Backoff, Time};
use crate::topology::{self, Handler, Located, RustPath, RustType, Topology};

/// A command, subscription, worker or schedule.
#[derive(Clone, Debug, Serialize)]
pub struct Operation {
    /// Its address with its version: `user.v1.sign_up`.
    pub address: String,
    /// As the topology refers to it: `user.sign_up`, or `email.v2.send_welcome` where there are several versions.
    pub reference: String,
    /// What it is for, in the topology's words or, where it has none, in ours.
    pub description: String,
    /// Its marker type.
    pub marker: Place,
    /// The module that holds its context, beside its marker.
    pub module: String,
    /// The type of the user's that handles it.
    pub handler: Rust<RustPath>,
    /// What starts it.
    #[serde(flatten)]
    pub trigger: Trigger,
    /// What it promises.
    pub policy: Policy,
    /// Whether the topology says that running it twice does no harm.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub harmless_twice: bool,
    /// What it may do, and nothing else.
    pub may: Vec<Edge>,
}

/// What starts a handler, and what comes with that.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Trigger {
    /// An invocation.
    Command {
        /// What it takes.
        input: Rust<RustType>,
        /// What it answers.
        output: Rust<RustType>,
        /// Its business "no".
        #[serde(skip_serializing_if = "Option::is_none")]
        rejection: Option<Rust<RustType>>,
        /// Where it is served on a bridge.
        subject: String,
        /// Whether the typed client may call it.
        exposed: bool,
        /// The largest request or answer that is to be expected, in bytes.
        #[serde(skip_serializing_if = "Option::is_none")]
        size: Option<u64>,
    },
    /// An event.
    Subscription {
        /// The event.
        event: Place,
        /// What it carries.
        payload: Rust<RustType>,
        /// Where it exists, where that is not everywhere.
        #[serde(skip_serializing_if = "Option::is_none")]
        environments: Option<Vec<String>>,
        /// What is promised about it.
        delivery: Delivery,
    },
    /// A job.
    Worker {
        /// The queue.
        queue: Place,
        /// What a job is.
        payload: Rust<RustType>,
        /// How many runs there are at a time.
        concurrency: u32,
        /// How many jobs a run gets, where that is not one.
        #[serde(skip_serializing_if = "Option::is_none")]
        batch: Option<Batch>,
        /// The waits between attempts, where they are not the queue's.
        #[serde(skip_serializing_if = "Option::is_none")]
        backoff: Option<Backoff>,
    },
    /// The clock.
    Schedule {
        /// When.
        timetable: Timetable,
        /// The time zone of that, where it is not UTC.
        #[serde(skip_serializing_if = "Option::is_none")]
        zone: Option<String>,
        /// Whether one instance at a time runs it.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        single: bool,
        /// Whether one run after a downtime makes up for those that were missed.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        makes_up: bool,
    },
}

impl Trigger {
    /// How many messages a run gets, where that is not one.
    pub fn batch(&self) -> Option<Batch> {
        match self {
            Self::Subscription { delivery, .. } => delivery.batch,
            Self::Worker { batch, .. } => *batch,
            Self::Command { .. } | Self::Schedule { .. } => None,
        }
    }
}

/// How events reach a subscription.
#[derive(Clone, Debug, Serialize)]
pub struct Delivery {
    /// Whether an event comes again until it is handled, or its attempts run out.
    pub at_least_once: bool,
    /// All attempts, the first one included.
    pub attempts: u32,
    /// The waits between them.
    pub backoff: Backoff,
    /// Whether an event whose attempts ran out is kept.
    pub dead_letter: bool,
    /// How many runs there are at a time.
    pub concurrency: u32,
    /// How many events a run gets, where that is not one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub batch: Option<Batch>,
    /// How many events wait for it, where the topology says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bound: Option<u32>,
    /// What happens to the next one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when_full: Option<topology::WhenFull>,
    /// Whether order is kept, and within which field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ordered: Option<Option<String>>,
}

/// Several messages that one run gets together.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Batch {
    /// How many at most.
    pub most: u32,
    /// How long the first one waits for others.
    pub wait: Time,
}

/// When a schedule runs.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Timetable {
    /// Again and again after this time.
    Every(Time),
    /// By a cron expression.
    Cron(String),
}

/// What holds for every run of a handler.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Policy {
    /// How long one attempt may take.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<Time>,
    /// How often it is tried, and the waits in between.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<(u32, Backoff)>,
    /// How a second run is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotency: Option<Idempotency>,
    /// Whether its writes, events and jobs stand together or not at all.
    pub outbox: bool,
    /// Whether a run that collides at its commit is run again. Without an outbox nothing is held back, and nothing
    /// collides.
    pub repeatable: bool,
}

/// How a second run of a handler is told from the first.
#[derive(Clone, Debug, Serialize)]
pub struct Idempotency {
    /// The field of the input that is the same.
    pub key: String,
    /// How long it is remembered.
    pub keep: Time,
    /// Whether a message may come without it.
    pub optional: bool,
}

/// Something that a handler may do.
#[derive(Clone, Debug, Serialize)]
pub struct Edge {
    /// What it may do …
    pub may: May,
    /// … and with which.
    pub target: Place,
}

/// The kinds of edges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum May {
    /// Call a command and wait for its answer.
    Invoke,
    /// Publish an event.
    Emit,
    /// Put a job into a queue.
    Enqueue,
    /// Read a state collection.
    Read,
    /// Change what was read in a state collection.
    Update,
    /// Write a state collection, whatever is there.
    Write,
    /// Read a secret.
    Reveal,
}

pub(super) fn plan(topology: &Topology, handler: Handler) -> Operation {
    let operation = topology.operation(handler);
    let trigger = trigger(topology, handler);
    Operation {
        address: topology.full_address(handler),
        reference: topology.address(handler),
        description: operation.description.clone().unwrap_or_else(|| made_up(topology, handler)),
        marker: Place::of_handler(topology, handler),
        module: operation.name.value.clone(),
        handler: Rust(operation.handler.value.clone()),
        trigger,
        policy: policy(topology, handler),
        harmless_twice: operation.repeatable.value,
        may: edges(topology, handler),
    }
}

/// What is said about a handler where the topology says nothing.
fn made_up(topology: &Topology, handler: Handler) -> String {
    let name = &topology.operation(handler).name.value;
    let service = topology.service_address(topology.service_of(handler));
    match handler {
        Handler::Command(_) => format!("The command `{name}` of the service `{service}`."),
        Handler::Subscription(id) => {
            let event = &topology.events[topology.subscriptions[id].event.value].name.value;
            format!("What the service `{service}` does when `{event}` is emitted.")
        }
        Handler::Worker(id) => {
            let queue = &topology.queues[topology.workers[id].queue.value].name.value;
            format!("What the service `{service}` does with a job from `{queue}`.")
        }
        Handler::Schedule(id) => match &topology.schedules[id].timetable.value {
            topology::Timetable::Every(time) => format!("What the service `{service}` does every {}.", Time(*time)),
            topology::Timetable::Cron(cron) => {
                let zone = topology.schedules[id].zone.as_ref().map_or("UTC", |zone| &zone.value);
                format!("What the service `{service}` does at `{cron}` ({zone}).")
            }
        },
    }
}

fn trigger(topology: &Topology, handler: Handler) -> Trigger {
    match handler {
        Handler::Command(id) => {
            let command = &topology.commands[id];
            Trigger::Command {
                input: Rust(command.input.value.clone()),
                output: Rust(command.output.value.clone()),
                rejection: command.rejection.as_ref().map(|rejection| Rust(rejection.value.clone())),
                subject: subject(topology, handler),
                exposed: command.exposed.value,
                size: command.size.map(|size| size.value),
            }
        }
        Handler::Subscription(id) => {
            let subscription = &topology.subscriptions[id];
            let event = &topology.events[subscription.event.value];
            Trigger::Subscription {
                event: Place::of_kind("event", &event.name.value),
                payload: Rust(event.payload.value.clone()),
                environments: environments(topology, &topology.presence(id)),
                delivery: delivery(subscription),
            }
        }
        Handler::Worker(id) => {
            let worker = &topology.workers[id];
            let queue = &topology.queues[worker.queue.value];
            Trigger::Worker {
                queue: Place::of_kind("queue", &queue.name.value),
                payload: Rust(queue.payload.value.clone()),
                concurrency: worker.concurrency.value,
                batch: worker.batch.map(Batch::from),
                backoff: (worker.backoff.value != queue.backoff.value).then(|| worker.backoff.value.into()),
            }
        }
        Handler::Schedule(id) => {
            let schedule = &topology.schedules[id];
            Trigger::Schedule {
                timetable: match &schedule.timetable.value {
                    topology::Timetable::Every(time) => Timetable::Every(Time(*time)),
                    topology::Timetable::Cron(cron) => Timetable::Cron(cron.clone()),
                },
                zone: schedule.zone.as_ref().map(|zone| zone.value.clone()),
                single: schedule.single.value,
                makes_up: schedule.makes_up(),
            }
        }
    }
}

/// The subject on which a command is served.
pub(super) fn subject(topology: &Topology, handler: Handler) -> String {
    let operation = topology.operation(handler);
    let service = &topology.services[operation.service];
    pontoon_schema::subject::command(
        &topology.name.value,
        &service.name.value,
        service.version.value,
        &operation.name.value,
    )
}

fn delivery(subscription: &topology::Subscription) -> Delivery {
    Delivery {
        at_least_once: subscription.delivery.value == topology::Delivery::AtLeastOnce,
        attempts: subscription.attempts.value,
        backoff: subscription.backoff.value.into(),
        dead_letter: subscription.dead_letter.value,
        concurrency: subscription.concurrency.value,
        batch: subscription.batch.map(Batch::from),
        bound: subscription.bound.map(|bound| u32::try_from(bound.value).unwrap_or(u32::MAX)),
        when_full: subscription.when_full.map(|when_full| when_full.value),
        ordered: (subscription.ordered.as_ref()).map(|ordered| ordered.value.key.as_ref().map(|key| key.value.clone())),
    }
}

fn policy(topology: &Topology, handler: Handler) -> Policy {
    let operation = topology.operation(handler);
    let retry = match handler {
        Handler::Command(id) => topology.commands[id].retry.as_ref().map(|retry| retry.value),
        _ => None,
    };
    Policy {
        timeout: operation.timeout.as_ref().map(|timeout| Time(timeout.value)),
        retry: retry.map(|retry| (retry.attempts.value, retry.backoff.value.into())),
        idempotency: operation.idempotency.as_ref().map(|idempotency| idempotency.value.clone().into()),
        outbox: operation.outbox.value,
        repeatable: operation.outbox.value && operation.repeatable.value,
    }
}

impl From<Located<topology::Batch>> for Batch {
    fn from(batch: Located<topology::Batch>) -> Self {
        let topology::Batch { most, wait } = batch.value;
        Self { most: most.value, wait: Time(wait.value) }
    }
}

impl From<topology::Idempotency> for Idempotency {
    fn from(idempotency: topology::Idempotency) -> Self {
        let topology::Idempotency { key, keep, optional } = idempotency;
        Self { key: key.value, keep: Time(keep.value), optional: optional.value }
    }
}

fn edges(topology: &Topology, handler: Handler) -> Vec<Edge> {
    let edges = &topology.operation(handler).edges;
    let mut all = Vec::new();
    let invoked = edges.invokes.iter().map(|edge| Place::of_handler(topology, Handler::Command(edge.command.value)));
    all.extend(invoked.map(|target| Edge { may: May::Invoke, target }));
    let emitted = edges.emits.iter().map(|id| Place::of_kind("event", &topology.events[id.value].name.value));
    all.extend(emitted.map(|target| Edge { may: May::Emit, target }));
    let enqueued = edges.enqueues.iter().map(|id| Place::of_kind("queue", &topology.queues[id.value].name.value));
    all.extend(enqueued.map(|target| Edge { may: May::Enqueue, target }));
    let updated = || edges.updates.iter().map(|id| id.value);
    let read = edges.reads.iter().map(|id| id.value).filter(|id| updated().all(|other| other != *id));
    let written = edges.writes.iter().map(|id| id.value);
    let collection = |id| Place::of_kind("state", &topology.states[id].name.value);
    all.extend(read.map(|id| Edge { may: May::Read, target: collection(id) }));
    all.extend(updated().map(|id| Edge { may: May::Update, target: collection(id) }));
    all.extend(written.map(|id| Edge { may: May::Write, target: collection(id) }));
    let secrets = topology.secrets_of(handler).map(|id| &topology.secrets[id.value].name.value);
    all.extend(secrets.map(|name| Edge { may: May::Reveal, target: Place::of_kind("secret", name) }));
    all.dedup_by(|one, other| one.may == other.may && one.target == other.target);
    all
}

impl Serialize for topology::WhenFull {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}
