//! What handlers may do: their outgoing edges.

use std::collections::HashMap;
use std::hash::Hash;

use pontoon_schema::document::{self, Call, Name, RustType};

use super::Resolver;
use super::place::children;
use super::services::{Owner, once};
use crate::read::Node;
use crate::source::Span;
use crate::topology::{CommandId, Edge, Edges, Id, Invocation, Located, StateId, Waits};

/// What a handler calls, as far as its entries were looked at, and where each command was named first.
#[derive(Default)]
struct Called {
    invokes: Vec<Invocation>,
    seen: HashMap<CommandId, Span>,
}

impl<'s> Resolver<'s, '_> {
    /// The edges of a handler, or nothing where one of them leads nowhere.
    pub(super) fn edges<O: document::Operation>(
        &mut self,
        owner: &Owner<'_>,
        written: &'s O,
        node: Node<'_>,
    ) -> Option<Edges> {
        let invokes = self.calls(written.invokes(), node);
        let emits = self.list(written.emits(), node, "emits", |resolver, edge, node| {
            let (target, span) = target(node, "event");
            let event = resolver.names.event(&edge.event, span, resolver.findings);
            resolver.message_edge(event, target, span, edge.payload.as_ref(), node)
        });
        let enqueues = self.list(written.enqueues(), node, "enqueues", |resolver, edge, node| {
            let (target, span) = target(node, "queue");
            let queue = resolver.names.queue(&edge.queue, span, resolver.findings);
            resolver.message_edge(queue, target, span, edge.payload.as_ref(), node)
        });
        let reads = self.states(written.reads(), node, "reads");
        let updates = self.states(written.updates(), node, "updates");
        let writes = self.states(written.writes(), node, "writes");
        let secrets = self.secrets(written.secrets(), owner.id, node, owner.secrets);
        let (invokes, waits) = invokes?;
        Some(Edges {
            invokes,
            waits,
            emits: emits?,
            enqueues: enqueues?,
            reads: reads?,
            updates: updates?,
            writes: writes?,
            secrets,
        })
    }

    /// The commands that a handler invokes, and in which order it waits for them.
    fn calls(&mut self, written: &'s [Call], node: Node<'_>) -> Option<(Vec<Invocation>, Waits)> {
        let mut called = Called::default();
        let waits = self.waits(written, children(node, "invokes"), &mut called)?;
        Some((called.invokes, Waits::InTurn(waits)))
    }

    /// What entries wait for: all of them, or nothing where one was reported.
    fn waits<'t>(
        &mut self,
        written: &'s [Call],
        nodes: impl Iterator<Item = Node<'t>>,
        called: &mut Called,
    ) -> Option<Vec<Waits>> {
        let mut waits = Some(Vec::with_capacity(written.len()));
        for (call, node) in written.iter().zip(nodes) {
            match (self.wait(call, node, called), &mut waits) {
                (Some(wait), Some(waits)) => waits.push(wait),
                (Some(_), None) => {}
                (None, _) => waits = None,
            }
        }
        waits
    }

    fn wait(&mut self, written: &'s Call, node: Node<'_>, called: &mut Called) -> Option<Waits> {
        let (key, calls) = match written {
            Call::One(edge) => {
                let invocation = self.invocation(edge, node)?;
                let (target, span) = target(node, "command");
                let (id, text) = (invocation.command.value, target.text().unwrap_or_default());
                return once(&mut called.seen, id, span, text, self.findings).then(|| {
                    called.invokes.push(invocation);
                    Waits::For(called.invokes.len() - 1)
                });
            }
            Call::Parallel(calls) => ("parallel", calls),
            Call::Either(calls) => ("either", calls),
        };
        // By reference, or each level would be a type of its own.
        let nodes: &mut dyn Iterator<Item = Node<'_>> = &mut children(node, key);
        Some(Waits::Longest(self.waits(calls, nodes, called)?))
    }

    fn invocation(&mut self, edge: &'s document::Invocation, node: Node<'_>) -> Option<Invocation> {
        let (_, span) = target(node, "command");
        let command = self.names.command(&edge.command, span, self.findings);
        let input = self.optional_ty(node, "input", edge.input.as_ref());
        let output = self.optional_ty(node, "output", edge.output.as_ref());
        let calls = edge.calls.map_or(1, u32::from);
        Some(Invocation { command: Located::new(command?, span), input: input?, output: output?, calls })
    }

    fn message_edge<'t, I: Id>(
        &mut self,
        id: Option<I>,
        target: Node<'t>,
        span: Span,
        payload: Option<&'s RustType>,
        node: Node<'_>,
    ) -> Option<(I, Node<'t>, Edge<I>)> {
        let payload = self.optional_ty(node, "payload", payload);
        Some((id?, target, Edge { value: id?, span, payload: payload? }))
    }

    fn states(&mut self, written: &'s [Name], node: Node<'_>, key: &str) -> Option<Vec<Located<StateId>>> {
        self.list(written, node, key, |resolver, name, node| {
            let span = node.value_span();
            let state = resolver.names.state(name, span, resolver.findings)?;
            Some((state, node, Located::new(state, span)))
        })
    }

    /// The edges of one kind: all of them, or nothing where one was reported.
    fn list<'t, W, I: Id + Hash, E>(
        &mut self,
        written: &'s [W],
        node: Node<'t>,
        key: &str,
        mut edge: impl FnMut(&mut Self, &'s W, Node<'t>) -> Option<(I, Node<'t>, E)>,
    ) -> Option<Vec<E>> {
        let mut edges = Some(Vec::with_capacity(written.len()));
        let mut seen = HashMap::new();
        for (written, node) in written.iter().zip(children(node, key)) {
            let Some((id, target, edge)) = edge(self, written, node) else {
                edges = None;
                continue;
            };
            let is_first = once(&mut seen, id, target.value_span(), target.text().unwrap_or_default(), self.findings);
            if let (true, Some(edges)) = (is_first, &mut edges) {
                edges.push(edge);
            }
        }
        edges
    }
}

/// Where an edge names its target: `email.send_welcome`, or below `key` in the long form.
fn target<'t>(edge: Node<'t>, key: &str) -> (Node<'t>, Span) {
    let target = edge.get(key).unwrap_or(edge);
    (target, target.value_span())
}
