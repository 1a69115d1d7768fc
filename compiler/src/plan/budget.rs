//! The time that handlers allow themselves, beside the time of what they wait for: `cargo pontoon plan --time`.

use std::cmp::Reverse;
use std::time::Duration;

use serde::Serialize;

use super::Time;
use crate::graph::{Budget, Needs};
use crate::topology::{Handler, Topology};

/// The budgets of all handlers that wait for others, the worst first.
#[derive(Clone, Debug, Serialize)]
pub struct Budgets {
    /// Those that have a time-out, by what is left of it, and then those that have none.
    pub handlers: Vec<HandlerBudget>,
    /// How many handlers wait for nobody.
    pub alone: usize,
}

/// The budget of a handler.
#[derive(Clone, Debug, Serialize)]
pub struct HandlerBudget {
    /// The handler: `user.sign_up`.
    pub handler: String,
    /// How long a run of it may take, if that is limited.
    pub timeout: Option<Time>,
    /// How long it may wait for others in one run, with all attempts and the pauses between them.
    pub needed: Time,
    /// How much longer it may wait than it may take; nothing where it may not.
    pub lacks: Option<Time>,
    /// What it waits for, one after the other.
    pub path: Vec<Waited>,
}

/// A command that a handler waits for.
#[derive(Clone, Debug, Serialize)]
pub struct Waited {
    /// The command: `email.send_welcome`.
    pub command: String,
    /// How often it is called.
    pub calls: u32,
    /// How long all of these calls may take.
    pub time: Time,
}

/// The budgets of a topology.
pub fn budgets(topology: &Topology) -> Budgets {
    let mut needs = Needs::new(topology);
    let waits = |handler: &Handler| !topology.operation(*handler).edges.invokes.is_empty();
    let mut handlers: Vec<HandlerBudget> =
        topology.handlers().filter(waits).map(|handler| budget(topology, &mut needs, handler)).collect();
    let left = |it: &HandlerBudget| it.timeout.map(|timeout| timeout.0.saturating_sub(it.needed.0));
    handlers.sort_by_key(|it| {
        (it.timeout.is_none(), Reverse(it.lacks.map(|lacks| lacks.0)), left(it), Reverse(it.needed.0))
    });
    Budgets { alone: topology.handlers().filter(|handler| !waits(handler)).count(), handlers }
}

fn budget(topology: &Topology, needs: &mut Needs<'_>, handler: Handler) -> HandlerBudget {
    let operation = topology.operation(handler);
    let Budget { needed, path } = needs.budget(handler);
    let waited = |(call, time): (usize, Duration)| {
        let edge = &operation.edges.invokes[call];
        Waited { command: topology.address(Handler::Command(edge.command.value)), calls: edge.calls, time: Time(time) }
    };
    let timeout = operation.timeout.map(|timeout| timeout.value);
    let lacks = timeout.and_then(|timeout| needed.checked_sub(timeout)).filter(|lacks| !lacks.is_zero());
    HandlerBudget {
        handler: topology.address(handler),
        timeout: timeout.map(Time),
        needed: Time(needed),
        lacks: lacks.map(Time),
        path: path.into_iter().map(waited).collect(),
    }
}
