//! The resolved model: every name is an id, every default filled in, every definition and edge knows where it stands.
//!
//! It is plain data that `resolve` builds and every later stage reads. Nothing in it is half resolved: what could not
//! be resolved was reported, and the model is not handed on.

mod allowance;
mod arena;
mod deployment;
mod environment;
mod located;
mod message;
mod policy;
mod presence;
mod rust;
mod service;

pub use allowance::Allowance;
pub use pontoon_schema::document::{Date, Method, Per, Rate, Route, Segment, StateNeed};

pub use arena::{
    Arena, CommandId, DeploymentId, EnvironmentId, EventId, Id, QueueId, ScheduleId, SecretId, ServiceId, StateId,
    SubscriptionId, UnitId, WorkerId,
};
pub use deployment::{Budget, Deployment, OutboxBuffer, Pattern, Unit};
pub use environment::{
    Capabilities, Connection, Environment, Origin, Provision, Purpose, Reference, Setting, Settings, Text, TextPart,
};
pub use located::Located;
pub use message::{Event, Queue, Secret, State};
pub use policy::{Backoff, Batch, Delivery, Http, Idempotency, Missed, Retry, Timetable, WhenFull};
pub use presence::Presence;
pub use rust::{RustPath, RustType, is_prelude};
pub use service::{
    Command, Edge, Edges, Handler, Invocation, Operation, Ordered, Schedule, Service, Subscription, Waits, Worker,
};

/// A topology, resolved.
#[derive(Clone, Debug)]
pub struct Topology {
    /// Its name, with which all subjects begin.
    pub name: Located<String>,
    /// What the topology says about itself.
    pub description: Option<String>,
    /// The Rust module below which relative type names are found. `None`: there are no relative names.
    pub types: Option<Located<RustPath>>,
    /// The Rust module of the generated contract: `crate::topology`, `shop_contract::topology`.
    pub contract: Located<RustPath>,
    /// Events.
    pub events: Arena<EventId, Event>,
    /// Queues.
    pub queues: Arena<QueueId, Queue>,
    /// State collections.
    pub states: Arena<StateId, State>,
    /// Secrets, each once, whichever services ask for it.
    pub secrets: Arena<SecretId, Secret>,
    /// Services, a version at a time.
    pub services: Arena<ServiceId, Service>,
    /// Commands of all services.
    pub commands: Arena<CommandId, Command>,
    /// Subscriptions of all services.
    pub subscriptions: Arena<SubscriptionId, Subscription>,
    /// Workers of all services.
    pub workers: Arena<WorkerId, Worker>,
    /// Schedules of all services.
    pub schedules: Arena<ScheduleId, Schedule>,
    /// Environments.
    pub environments: Arena<EnvironmentId, Environment>,
    /// Deployments.
    pub deployments: Arena<DeploymentId, Deployment>,
    /// Units of all deployments.
    pub units: Arena<UnitId, Unit>,
    /// Allowed warnings.
    pub allowances: Vec<Allowance>,
}

impl Topology {
    /// What a handler has in common with all others: name, service, edges, time-out.
    pub fn operation(&self, handler: Handler) -> &Operation {
        match handler {
            Handler::Command(id) => &self.commands[id].operation,
            Handler::Subscription(id) => &self.subscriptions[id].operation,
            Handler::Worker(id) => &self.workers[id].operation,
            Handler::Schedule(id) => &self.schedules[id].operation,
        }
    }

    /// The service that a handler belongs to.
    pub fn service_of(&self, handler: Handler) -> ServiceId {
        self.operation(handler).service
    }

    /// The secrets that a handler may read: those of its service, then its own.
    pub fn secrets_of(&self, handler: Handler) -> impl Iterator<Item = &Located<SecretId>> {
        let operation = self.operation(handler);
        self.services[operation.service].secrets.iter().chain(&operation.edges.secrets)
    }

    /// All handlers: commands, subscriptions, workers, schedules.
    pub fn handlers(&self) -> impl Iterator<Item = Handler> + '_ {
        let commands = self.commands.ids().map(Handler::Command);
        let subscriptions = self.subscriptions.ids().map(Handler::Subscription);
        let workers = self.workers.ids().map(Handler::Worker);
        let schedules = self.schedules.ids().map(Handler::Schedule);
        commands.chain(subscriptions).chain(workers).chain(schedules)
    }

    /// A service as the user refers to it: `user`, or `user.v2` where it has several versions.
    pub fn service_address(&self, id: ServiceId) -> String {
        let service = &self.services[id];
        if service.has_siblings {
            format!("{}.v{}", service.name.value, service.version.value)
        } else {
            service.name.value.clone()
        }
    }

    /// How many messages a handler gets together, where that is not one.
    pub fn batch(&self, handler: Handler) -> Option<Located<Batch>> {
        match handler {
            Handler::Subscription(id) => self.subscriptions[id].batch,
            Handler::Worker(id) => self.workers[id].batch,
            Handler::Command(_) | Handler::Schedule(_) => None,
        }
    }

    /// A handler as the user refers to it: `user.sign_up`, or `user.v2.sign_up` where the service has several versions.
    pub fn address(&self, handler: Handler) -> String {
        let operation = self.operation(handler);
        format!("{}.{}", self.service_address(operation.service), operation.name.value)
    }

    /// A handler's address with its version, whether or not a reference needs it: `user.v1.sign_up`.
    pub fn full_address(&self, handler: Handler) -> String {
        let operation = self.operation(handler);
        let service = &self.services[operation.service];
        format!("{}.v{}.{}", service.name.value, service.version.value, operation.name.value)
    }
}
