//! How often handlers run, by the rates that the topology declares.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use super::Node;
use crate::topology::{CommandId, EventId, Handler, QueueId, Timetable, Topology};

/// How often in a second a handler is taken to run that nothing is known of: one that is called from outside, or by
/// nobody.
const ENTRY: f64 = 1.0;

/// How often in a second a handler with a cron expression is taken to run: once an hour.
const CRON: f64 = 1.0 / 3_600.0;

/// More than this in a second is a mistake, and stays a number.
const MOST: f64 = 1e12;

/// How often in a second each handler runs. What is called from outside counts once a second; what an event, a queue or
/// a schedule starts, as often as these say or are caused; and a command, once for each call.
pub struct Loads(HashMap<Node, f64>);

impl Loads {
    /// Of this topology.
    pub fn of(topology: &Topology) -> Self {
        let causes = Causes::of(topology);
        let mut known: HashMap<Node, f64> = HashMap::new();
        let mut open: Vec<(Node, bool)> = topology.handlers().map(|handler| (Node::Handler(handler), false)).collect();
        while let Some((node, ready)) = open.pop() {
            if ready {
                let rate = causes.rate(topology, node, &known);
                known.insert(node, rate);
            } else if let Entry::Vacant(unknown) = known.entry(node) {
                // In a circle, what is under way counts for nothing.
                unknown.insert(0.0);
                open.push((node, true));
                open.extend(causes.of_node(topology, node).map(|(cause, _)| (cause, false)));
            }
        }
        Self(known)
    }

    /// How often in a second a handler runs.
    pub fn rate(&self, handler: Handler) -> f64 {
        self.0.get(&Node::Handler(handler)).copied().unwrap_or_default()
    }
}

/// What causes commands, events and jobs, and how many by one run.
struct Causes {
    commands: HashMap<CommandId, Vec<(Node, u32)>>,
    events: HashMap<EventId, Vec<(Node, u32)>>,
    queues: HashMap<QueueId, Vec<(Node, u32)>>,
}

impl Causes {
    fn of(topology: &Topology) -> Self {
        let mut causes = Self { commands: HashMap::new(), events: HashMap::new(), queues: HashMap::new() };
        for handler in topology.handlers() {
            let (node, edges) = (Node::Handler(handler), &topology.operation(handler).edges);
            for edge in &edges.invokes {
                causes.commands.entry(edge.command.value).or_default().push((node, edge.calls));
            }
            for edge in &edges.emits {
                causes.events.entry(edge.value).or_default().push((node, 1));
            }
            for edge in &edges.enqueues {
                causes.queues.entry(edge.value).or_default().push((node, 1));
            }
        }
        causes
    }

    fn of_node(&self, topology: &Topology, node: Node) -> impl Iterator<Item = (Node, u32)> + '_ {
        let one = match node {
            Node::Handler(Handler::Subscription(id)) => Some(Node::Event(topology.subscriptions[id].event.value)),
            Node::Handler(Handler::Worker(id)) => Some(Node::Queue(topology.workers[id].queue.value)),
            _ => None,
        };
        let several = match node {
            Node::Handler(Handler::Command(id)) => self.commands.get(&id),
            Node::Event(id) => self.events.get(&id),
            Node::Queue(id) => self.queues.get(&id),
            Node::Handler(_) => None,
        };
        one.map(|node| (node, 1)).into_iter().chain(several.into_iter().flatten().copied())
    }

    fn rate(&self, topology: &Topology, node: Node, known: &HashMap<Node, f64>) -> f64 {
        let caused = || {
            let causes = self.of_node(topology, node);
            let rates = causes.map(|(cause, times)| known.get(&cause).copied().unwrap_or_default() * f64::from(times));
            rates.sum::<f64>().min(MOST)
        };
        match node {
            Node::Event(id) => topology.events[id].rate.map_or_else(caused, |rate| rate.value.per_second()),
            Node::Queue(id) => topology.queues[id].rate.map_or_else(caused, |rate| rate.value.per_second()),
            Node::Handler(Handler::Schedule(id)) => match &topology.schedules[id].timetable.value {
                Timetable::Every(time) => 1.0 / time.as_secs_f64().max(0.001),
                Timetable::Cron(_) => CRON,
            },
            Node::Handler(Handler::Command(id)) => {
                let command = &topology.commands[id];
                let entered = command.exposed.value || command.http.is_some() || !self.commands.contains_key(&id);
                caused() + if entered { ENTRY } else { 0.0 }
            }
            Node::Handler(_) => caused(),
        }
    }
}
