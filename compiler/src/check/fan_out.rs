//! `fan_out`: one message that sets off too many others, or too long a chain of them.

use std::collections::HashMap;

use super::Input;
use super::wording::{SHOWN, count};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Node, Spread};
use crate::source::Span;
use crate::topology::{EventId, Handler, QueueId, Topology};

/// More runs of subscriptions and workers than this are too many for one message …
const DELIVERIES: u64 = 50;
/// … and more than this, one because of the other, are too long a chain.
const DEPTH: u32 = 5;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let spread = input.graph.spread();
    let children = Children::of(input.topology);
    for node in children.nodes() {
        // Whatever leads to such a message has the problem too: it is said where it begins.
        let next = children.after(node);
        if spread.deliveries(node) > DELIVERIES && next.iter().all(|(to, _)| spread.deliveries(*to) <= DELIVERIES) {
            findings.add(too_many(input.topology, &spread, node, &next));
        }
        if spread.depth(node) > DEPTH && next.iter().all(|(to, _)| spread.depth(*to) <= DEPTH) {
            findings.add(too_long(input.topology, &spread, node));
        }
    }
}

/// What comes next after a message or a handler.
struct Children<'a> {
    topology: &'a Topology,
    listeners: HashMap<EventId, Vec<(Node, Span)>>,
    workers: HashMap<QueueId, Vec<(Node, Span)>>,
}

impl<'a> Children<'a> {
    fn of(topology: &'a Topology) -> Self {
        let mut listeners: HashMap<EventId, Vec<(Node, Span)>> = HashMap::new();
        for (id, subscription) in topology.subscriptions.iter() {
            let to = (Node::Handler(Handler::Subscription(id)), subscription.operation.name.span);
            listeners.entry(subscription.event.value).or_default().push(to);
        }
        let mut workers: HashMap<QueueId, Vec<(Node, Span)>> = HashMap::new();
        for (id, worker) in topology.workers.iter() {
            let to = (Node::Handler(Handler::Worker(id)), worker.operation.name.span);
            workers.entry(worker.queue.value).or_default().push(to);
        }
        Self { topology, listeners, workers }
    }

    fn nodes(&self) -> impl Iterator<Item = Node> {
        let events = self.topology.events.ids().map(Node::Event);
        let queues = self.topology.queues.ids().map(Node::Queue);
        self.topology.handlers().map(Node::Handler).chain(events).chain(queues)
    }

    fn after(&self, node: Node) -> Vec<(Node, Span)> {
        match node {
            Node::Event(id) => self.listeners.get(&id).cloned().unwrap_or_default(),
            Node::Queue(id) => self.workers.get(&id).cloned().unwrap_or_default(),
            Node::Handler(handler) => {
                let edges = &self.topology.operation(handler).edges;
                let called = edges.invokes.iter().map(|edge| edge.command);
                let called = called.map(|command| (Node::Handler(Handler::Command(command.value)), command.span));
                let emitted = edges.emits.iter().map(|edge| (Node::Event(edge.value), edge.span));
                let enqueued = edges.enqueues.iter().map(|edge| (Node::Queue(edge.value), edge.span));
                called.chain(emitted).chain(enqueued).collect()
            }
        }
    }
}

/// What it is called, and where it is defined.
fn named(topology: &Topology, node: Node) -> (String, Span) {
    match node {
        Node::Handler(handler) => (topology.address(handler), topology.operation(handler).name.span),
        Node::Event(id) => (format!("`{}`", topology.events[id].name.value), topology.events[id].name.span),
        Node::Queue(id) => (format!("`{}`", topology.queues[id].name.value), topology.queues[id].name.span),
    }
}

fn too_many(topology: &Topology, spread: &Spread<'_>, node: Node, next: &[(Node, Span)]) -> Diagnostic {
    let (name, span) = named(topology, node);
    let one = if matches!(node, Node::Handler(_)) { "one run of" } else { "one" };
    let deliveries = spread.deliveries(node);
    let mut found = Diagnostic::warning("fan_out", format!("{one} {name} causes {deliveries} deliveries")).label(
        span,
        match node {
            Node::Event(_) => format!("goes to {}", count(next.len(), "subscription", "subscriptions")),
            _ => format!("{deliveries} handlers run because of it"),
        },
    );
    // The edges that bring most, where they are not all alike.
    let mut most: Vec<_> = next.iter().filter(|(to, _)| spread.deliveries(*to) > 1).collect();
    most.sort_by_key(|(to, _)| std::cmp::Reverse(spread.deliveries(*to)));
    for (to, span) in most.into_iter().take(5) {
        found = found.label(*span, format!("{} of them by way of {}", spread.deliveries(*to), named(topology, *to).0));
    }
    found.help(
        "let fewer handlers react, or let one of them gather what the others need; where so many are meant, allow it with \
         the reason",
    )
}

fn too_long(topology: &Topology, spread: &Spread<'_>, node: Node) -> Diagnostic {
    let (name, span) = named(topology, node);
    let chain = spread.chain(node);
    let handlers = chain.iter().filter_map(|step| match step.to {
        Node::Handler(handler @ (Handler::Subscription(_) | Handler::Worker(_))) => Some((handler, step.span)),
        _ => None,
    });
    let handlers: Vec<(Handler, Span)> = handlers.collect();
    let way: Vec<String> = handlers.iter().map(|(handler, _)| topology.address(*handler)).collect();
    let message = format!(
        "{name} sets off a chain of {} deliveries: {}",
        spread.depth(node),
        way[..way.len().min(SHOWN)].join(" → ")
    );
    let mut found = Diagnostic::warning("fan_out", message).label(span, "the chain begins here");
    for (number, (handler, span)) in handlers.into_iter().enumerate().take(SHOWN) {
        found = found.label(span, format!("{}. {}", number + 1, topology.address(handler)));
    }
    found.help(
        "let one of the handlers do at once what now goes from hand to hand: put the steps of one service into one of its \
         handlers, or invoke the command that does the next one",
    )
}
