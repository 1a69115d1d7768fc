//! What handlers may do: their outgoing edges.

use std::collections::HashMap;
use std::hash::Hash;

use pontoon_schema::document::{self, Name, RustType};

use super::Resolver;
use super::place::children;
use super::services::{Owner, once};
use crate::read::Node;
use crate::source::Span;
use crate::topology::{Edge, Edges, Id, Invocation, Located, StateId};

impl<'s> Resolver<'s, '_> {
    /// The edges of a handler, or nothing where one of them leads nowhere.
    pub(super) fn edges<O: document::Operation>(
        &mut self,
        owner: &Owner<'_>,
        written: &'s O,
        node: Node<'_>,
    ) -> Option<Edges> {
        let invokes = self.list(written.invokes(), node, "invokes", |resolver, edge, node| {
            let (target, span) = target(node, "command");
            let command = resolver.names.command(&edge.command, span, resolver.findings);
            let input = resolver.optional_ty(node, "input", edge.input.as_ref());
            let output = resolver.optional_ty(node, "output", edge.output.as_ref());
            let invocation = Invocation { command: Located::new(command?, span), input: input?, output: output? };
            Some((command?, target, invocation))
        });
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
        Some(Edges {
            invokes: invokes?,
            emits: emits?,
            enqueues: enqueues?,
            reads: reads?,
            updates: updates?,
            writes: writes?,
            secrets,
        })
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
