//! The third stage: the topology as a graph of causes. A handler causes runs of the commands it invokes; what it emits
//! and enqueues causes runs of subscriptions and workers.
//!
//! petgraph stays behind this module: questions are methods, and answers are handlers, messages and places.

mod cycle;
mod hops;
mod load;
mod need;
mod path;
mod spread;
#[cfg(test)]
mod tests;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::source::Span;
use crate::topology::{CommandId, EventId, Handler, Id, QueueId, ScheduleId, SubscriptionId, Topology, WorkerId};

pub use self::hops::Hops;
pub use self::load::Loads;
pub use self::need::{Budget, Need, Needs};
pub use self::path::Amplified;
pub use self::spread::Spread;

/// Who causes what in a topology.
pub struct Graph {
    causes: DiGraph<Node, Cause>,
    offsets: Offsets,
}

/// Something that causes, or is caused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Node {
    /// A run of a handler.
    Handler(Handler),
    /// An event that is emitted.
    Event(EventId),
    /// A job in a queue.
    Queue(QueueId),
}

/// One edge of the topology.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// What causes …
    pub from: Node,
    /// … what is caused.
    pub to: Node,
    /// Where that is written: in `invokes:`, `emits:` or `enqueues:` of a handler, or in `event:` or `queue:` of the
    /// one that is reached.
    pub span: Span,
}

#[derive(Clone, Copy)]
struct Cause {
    span: Span,
    /// Whether the one waits for the other.
    waits: bool,
}

/// Where the nodes of each kind begin.
#[derive(Clone, Copy)]
struct Offsets {
    subscriptions: usize,
    workers: usize,
    schedules: usize,
    events: usize,
    queues: usize,
}

impl Graph {
    /// The graph of a topology.
    pub fn new(topology: &Topology) -> Self {
        let subscriptions = topology.commands.len();
        let workers = subscriptions + topology.subscriptions.len();
        let schedules = workers + topology.workers.len();
        let events = schedules + topology.schedules.len();
        let queues = events + topology.events.len();
        let mut causes = DiGraph::with_capacity(queues + topology.queues.len(), topology.commands.len());
        for handler in topology.handlers() {
            causes.add_node(Node::Handler(handler));
        }
        for event in topology.events.ids() {
            causes.add_node(Node::Event(event));
        }
        for queue in topology.queues.ids() {
            causes.add_node(Node::Queue(queue));
        }
        let mut graph = Self { causes, offsets: Offsets { subscriptions, workers, schedules, events, queues } };
        for handler in topology.handlers() {
            let from = Node::Handler(handler);
            let edges = &topology.operation(handler).edges;
            for edge in &edges.invokes {
                let to = Node::Handler(Handler::Command(edge.command.value));
                graph.add(from, to, edge.command.span, true);
            }
            for edge in &edges.emits {
                graph.add(from, Node::Event(edge.value), edge.span, false);
            }
            for edge in &edges.enqueues {
                graph.add(from, Node::Queue(edge.value), edge.span, false);
            }
        }
        for (id, subscription) in topology.subscriptions.iter() {
            let to = Node::Handler(Handler::Subscription(id));
            graph.add(Node::Event(subscription.event.value), to, subscription.event.span, false);
        }
        for (id, worker) in topology.workers.iter() {
            let to = Node::Handler(Handler::Worker(id));
            graph.add(Node::Queue(worker.queue.value), to, worker.queue.span, false);
        }
        graph
    }

    fn add(&mut self, from: Node, to: Node, span: Span, waits: bool) {
        let (from, to) = (self.index(from), self.index(to));
        self.causes.add_edge(from, to, Cause { span, waits });
    }

    fn index(&self, node: Node) -> NodeIndex {
        let Offsets { subscriptions, workers, schedules, events, queues } = self.offsets;
        NodeIndex::new(match node {
            Node::Handler(Handler::Command(id)) => CommandId::index(id),
            Node::Handler(Handler::Subscription(id)) => subscriptions + SubscriptionId::index(id),
            Node::Handler(Handler::Worker(id)) => workers + WorkerId::index(id),
            Node::Handler(Handler::Schedule(id)) => schedules + ScheduleId::index(id),
            Node::Event(id) => events + EventId::index(id),
            Node::Queue(id) => queues + QueueId::index(id),
        })
    }

    /// The part of the graph that is made of these nodes and edges.
    fn part(&self, node: impl Fn(Node) -> bool, edge: impl Fn(Cause) -> bool) -> DiGraph<Node, Cause> {
        self.causes.filter_map(|_, it| node(*it).then_some(*it), |_, it| edge(*it).then_some(*it))
    }
}
