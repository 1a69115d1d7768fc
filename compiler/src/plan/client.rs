//! The typed client: what callers from outside may call, and where they reach it.

use serde::Serialize;

use super::environment::{self, Environment};
use super::operation::subject;
use super::place::Place;
use crate::topology::{Handler, Topology};

/// The way in for callers from outside.
#[derive(Clone, Debug, Serialize)]
pub struct Client {
    /// The commands that are exposed.
    pub calls: Vec<Callable>,
    /// Every environment of the topology, with what it takes to reach its event bridge.
    pub environments: Vec<Environment>,
}

/// A command that the client may call.
#[derive(Clone, Debug, Serialize)]
pub struct Callable {
    /// The command, as the topology refers to it.
    pub command: String,
    /// Its marker type.
    pub marker: Place,
    /// Its subject.
    pub subject: String,
}

pub(super) fn plan(topology: &Topology) -> Client {
    let exposed = topology.commands.iter().filter(|(_, command)| command.exposed.value);
    let calls = exposed.map(|(id, _)| Handler::Command(id)).map(|handler| Callable {
        command: topology.address(handler),
        marker: Place::of_handler(topology, handler),
        subject: subject(topology, handler),
    });
    Client {
        calls: calls.collect(),
        environments: topology.environments.ids().map(|id| environment::of_client(topology, id)).collect(),
    }
}
