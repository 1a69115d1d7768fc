//! Deployments and their units: which services share a process, and in which environments.

use std::rc::Rc;
use std::time::Duration;

use crate::source::Span;

use super::{CommandId, DeploymentId, EnvironmentId, Located, ServiceId, UnitId, WhenFull};

/// A way to group services.
#[derive(Clone, Debug)]
pub struct Deployment {
    /// Its key under `deployments:`.
    pub name: Located<String>,
    /// What the topology says about it.
    pub description: Option<String>,
    /// The pattern.
    pub pattern: Located<Pattern>,
    /// The services that it is about: those it names, or all. A service is in no unit if the topology forgets it there.
    pub services: Rc<[Located<ServiceId>]>,
    /// Serverless: the commands that become functions.
    pub commands: Vec<Located<CommandId>>,
    /// The environments that it runs in.
    pub environments: Vec<Located<EnvironmentId>>,
    /// Its units: those it names, or the pattern's own (see [`Unit`]).
    pub units: Vec<UnitId>,
    /// How long work in flight may take at a shutdown.
    pub grace: Located<Duration>,
    /// How long its units have to do without the broker.
    pub offline: Option<Located<Duration>>,
    /// What holds messages in that time.
    pub outbox: Option<Located<OutboxBuffer>>,
    /// Serverless: how much one function may bundle.
    pub budget: Budget,
}

/// How a deployment is cut into units.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pattern {
    /// All services in one process.
    Monolith,
    /// A process for each service or group of services.
    Microservices,
    /// A function for each command.
    Serverless,
    /// A light process on a device.
    Edge,
}

impl Pattern {
    /// The word in the topology: `monolith`.
    pub fn as_str(self) -> &'static str {
        match self {
            Pattern::Monolith => "monolith",
            Pattern::Microservices => "microservices",
            Pattern::Serverless => "serverless",
            Pattern::Edge => "edge",
        }
    }
}

/// One process, container or function.
///
/// Where the topology names no units, a monolith and an edge deployment have one that is called as the deployment, a
/// microservices deployment has one for each service that is called as the service (all its versions together), and a
/// serverless deployment has one for each command (`user_find`) that bundles the services reached by its calls.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its name within the deployment.
    pub name: Located<String>,
    /// The deployment.
    pub deployment: DeploymentId,
    /// The services in it, where they are put there.
    pub services: Rc<[Located<ServiceId>]>,
    /// Serverless: the command that the function is for.
    pub function: Option<Located<CommandId>>,
}

/// What holds messages while the broker cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxBuffer {
    /// Its size in bytes.
    pub bound: Located<u64>,
    /// What happens to the next message.
    pub when_full: Located<WhenFull>,
}

/// How much one function may bundle before it starts too slowly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many services.
    pub services: Located<u32>,
    /// How many connections that are opened at the start.
    pub connections: Located<u32>,
    /// Where it is written, if it is.
    pub written: Option<Span>,
}
