//! How long commands may take, by their time-outs, attempts and back-off, and handlers by what they wait for.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::time::Duration;

use crate::topology::{Command, CommandId, Edges, Handler, Topology};

/// How long a command may take.
#[derive(Clone, Copy, Debug)]
pub struct Need {
    /// At each attempt.
    pub each: Duration,
    /// With all attempts, and the waits between them.
    pub all: Duration,
    /// Whose time-out that is: its own, or that of what it waits for.
    pub from: CommandId,
}

/// How long the commands of a topology may take, each looked at once.
pub struct Needs<'t> {
    topology: &'t Topology,
    slowest: HashMap<CommandId, Option<Need>>,
    budgets: HashMap<CommandId, Duration>,
}

/// What a handler waits for.
#[derive(Clone, Debug, Default)]
pub struct Budget {
    /// How long that may take in all.
    pub needed: Duration,
    /// The invocations that it is made of, by their places in [`Edges::invokes`](crate::topology::Edges::invokes), and
    /// how long each may take.
    pub path: Vec<(usize, Duration)>,
}

impl<'t> Needs<'t> {
    /// The needs of this topology. Nothing is computed yet.
    pub fn new(topology: &'t Topology) -> Self {
        Self { topology, slowest: HashMap::new(), budgets: HashMap::new() }
    }

    /// How long a command may take for certain; nothing where it has no time-out, and waits for nothing that has. One
    /// without waits at least for the slowest that it invokes.
    pub fn of(&mut self, command: CommandId) -> Option<Need> {
        let mut open = vec![command];
        while let Some(next) = open.last().copied() {
            if self.slowest.get(&next).is_some_and(Option::is_some) {
                open.pop();
                continue;
            }
            let callee = &self.topology.commands[next];
            let invoked = || callee.operation.edges.invokes.iter().map(|edge| edge.command.value);
            let own = callee.operation.timeout.map(|timeout| (timeout.value, next));
            if own.is_none() && !self.slowest.contains_key(&next) {
                // In a circle of calls, one that is under way counts for nothing: invoke_cycle has said so.
                self.slowest.insert(next, None);
                let unknown: Vec<CommandId> = invoked().filter(|id| !self.slowest.contains_key(id)).collect();
                if !unknown.is_empty() {
                    open.extend(unknown);
                    continue;
                }
            }
            let slowest = || {
                let needs = invoked().filter_map(|id| self.slowest.get(&id).copied().flatten());
                needs.max_by_key(|need| need.all).map(|need| (need.all, need.from))
            };
            let need = own.or_else(slowest).map(|(each, from)| Need { each, all: with_repeats(callee, each), from });
            self.slowest.insert(next, need);
            open.pop();
        }
        self.slowest.get(&command).copied().flatten()
    }

    /// What a handler waits for in one run, when all of it takes as long as it may: one call after the other, unless
    /// the topology says otherwise. What has no time-out takes as long as what it waits for itself.
    pub fn budget(&mut self, handler: Handler) -> Budget {
        let edges = &self.topology.operation(handler).edges;
        for edge in &edges.invokes {
            self.learn(edge.command.value);
        }
        self.known(edges)
    }

    /// Finds out how long a call of a command may take, with what it waits for before it.
    fn learn(&mut self, command: CommandId) {
        let mut open = vec![(command, false)];
        while let Some((next, ready)) = open.pop() {
            let callee = &self.topology.commands[next];
            if let (false, Some(timeout)) = (ready, callee.operation.timeout) {
                self.budgets.insert(next, with_repeats(callee, timeout.value));
            } else if ready {
                let Budget { needed, .. } = self.known(&callee.operation.edges);
                self.budgets.insert(next, with_repeats(callee, needed));
            } else if let Entry::Vacant(unknown) = self.budgets.entry(next) {
                // In a circle of calls, one that is under way counts for nothing: invoke_cycle has said so.
                unknown.insert(Duration::ZERO);
                open.push((next, true));
                open.extend(callee.operation.edges.invokes.iter().map(|edge| (edge.command.value, false)));
            }
        }
    }

    /// What these edges wait for, when it is known of each command.
    fn known(&self, edges: &Edges) -> Budget {
        let time = |index: usize| {
            let edge = &edges.invokes[index];
            self.budgets.get(&edge.command.value).map_or(Duration::ZERO, |once| once.saturating_mul(edge.calls))
        };
        let (needed, path) = edges.waits.longest(&time);
        Budget { needed, path: path.into_iter().map(|index| (index, time(index))).collect() }
    }
}

/// The time of all attempts, and of the waits between them.
fn with_repeats(command: &Command, each: Duration) -> Duration {
    let (attempts, waits) = command.repeats();
    each.saturating_mul(attempts).saturating_add(waits)
}
