//! Fifth stage: every decision as printable data. It starts only when nothing is wrong, and cannot fail.
//!
//! `emit` prints what is decided here, `cargo pontoon plan` shows it. Everything stands in the order of the document.

mod adapter;
mod budget;
mod client;
mod contents;
mod contract;
mod deployment;
mod environment;
mod operation;
mod order;
mod place;
mod promises;
mod render;
mod selection;
mod service_cycle;
mod time;
mod traffic;
mod unit;

use serde::Serialize;

pub use adapter::{Custom, Item, Opening};
pub use budget::{Budgets, HandlerBudget, Waited, budgets};
pub use client::{Callable, Client};
pub(crate) use contents::Contents;
pub use contract::{Contract, Event, Listeners, Queue, Secret, ServiceModule, ServiceVersion, State, Subscribed};
pub use deployment::{Deployment, Route, Way};
pub use environment::{Connection, Environment, Setting, Text, Variable};
pub use operation::{Batch, Delivery, Edge, Idempotency, May, Operation, Policy, Timetable, Trigger};
pub use place::{Place, Rust};
pub(crate) use selection::RUNTIME;
pub use selection::{Request, Selection, select};
pub use service_cycle::ServiceCycle;
pub use time::{Backoff, Time};
pub use traffic::{Kept, KeptFor, Reached, Served};
pub use unit::{Listener, ListenerKind, Member, MemberHandler, Port, Unit};

use crate::topology::Topology;

/// Everything that is decided about a topology before a line of code is printed.
#[derive(Clone, Debug, Serialize)]
pub struct Plan {
    /// The name of the topology, with which its subjects begin.
    pub topology: String,
    /// What it says about itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What handlers and callers compile against.
    pub contract: Contract,
    /// Each way to deploy, with its units and environments.
    pub deployments: Vec<Deployment>,
    /// The way in for callers from outside.
    pub client: Client,
    /// Services that call each other in a circle.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub service_cycles: Vec<ServiceCycle>,
}

/// Decides everything that `topology` leaves to the compiler.
pub fn plan(topology: &Topology) -> Plan {
    Plan {
        topology: topology.name.value.clone(),
        description: topology.description.clone(),
        contract: contract::plan(topology),
        deployments: topology.deployments.ids().map(|id| deployment::plan(topology, id)).collect(),
        client: client::plan(topology),
        service_cycles: service_cycle::cycles(topology),
    }
}
