//! Events, queues and state collections.

use std::time::Duration;

use pontoon_schema::document::{self, Version};

use super::Resolver;
use super::place::{children, filled, given};
use crate::read::Node;
use crate::topology::{Backoff, Event, Located, Queue, State, WhenFull};

/// Attempts where the topology does not count them.
pub(super) const ATTEMPTS: u32 = 5;

const LEASE: Duration = Duration::from_secs(30);

/// Waits where the topology does not say.
pub(super) const BACKOFF: Backoff = Backoff { first: Duration::from_millis(100), longest: Duration::from_secs(30) };

pub(super) fn resolve<'s>(resolver: &mut Resolver<'s, '_>, document: &'s document::Document, root: Node<'_>) {
    for ((name, event), node) in document.events.iter().zip(children(root, "events")) {
        if let Some(event) = resolver.event(name, event, node) {
            resolver.topology.events.push(event);
        }
    }
    for ((name, queue), node) in document.queues.iter().zip(children(root, "queues")) {
        if let Some(queue) = resolver.queue(name, queue, node) {
            resolver.topology.queues.push(queue);
        }
    }
    for ((name, state), node) in document.state.iter().zip(children(root, "state")) {
        if let Some(state) = resolver.state(name, state, node) {
            resolver.topology.states.push(state);
        }
    }
}

impl<'s> Resolver<'s, '_> {
    fn event(&mut self, name: &str, event: &'s document::Event, node: Node<'_>) -> Option<Event> {
        Some(Event {
            name: Located::new(name.to_owned(), node.key_span()),
            description: event.description.clone(),
            version: event.version.unwrap_or(Version::FIRST).number(),
            payload: self.ty(node, "payload", &event.payload)?,
            environments: self.presence(&event.environments, node),
            rate: given(node, "rate", event.rate),
            size: size(node, event.size),
            max_hops: given(node, "max_hops", event.max_hops.map(u32::from)),
        })
    }

    fn queue(&mut self, name: &str, queue: &'s document::Queue, node: Node<'_>) -> Option<Queue> {
        Some(Queue {
            name: Located::new(name.to_owned(), node.key_span()),
            description: queue.description.clone(),
            payload: self.ty(node, "payload", &queue.payload)?,
            lease: filled(node, "lease", queue.lease.map_or(LEASE, document::Duration::as_std)),
            attempts: filled(node, "attempts", queue.attempts.map_or(ATTEMPTS, u32::from)),
            backoff: filled(node, "backoff", queue.backoff.map_or(BACKOFF, backoff)),
            dead_letter: filled(node, "dead_letter", queue.dead_letter),
            bound: given(node, "bound", queue.bound.map(u64::from)),
            when_full: given(node, "when_full", queue.when_full.map(when_full)),
            delayed: filled(node, "delayed", queue.delayed),
            deduplicate: given(node, "deduplicate", queue.deduplicate.map(document::Duration::as_std)),
            rate: given(node, "rate", queue.rate),
            size: size(node, queue.size),
        })
    }

    fn state(&mut self, name: &str, state: &'s document::State, node: Node<'_>) -> Option<State> {
        let needs = state.needs.iter().zip(children(node, "needs"));
        Some(State {
            name: Located::new(name.to_owned(), node.key_span()),
            description: state.description.clone(),
            value: self.ty(node, "value", &state.value)?,
            ttl: given(node, "ttl", state.ttl.map(document::Duration::as_std)),
            needs: needs.map(|(need, node)| Located::new(*need, node.value_span())).collect(),
            size: size(node, state.size),
        })
    }
}

/// The largest message or value, in bytes.
pub(super) fn size(node: Node<'_>, size: Option<document::Size>) -> Option<Located<u64>> {
    given(node, "size", size.map(document::Size::as_bytes))
}

pub(super) fn backoff(written: document::Backoff) -> Backoff {
    Backoff { first: written.first.as_std(), longest: written.longest.as_std() }
}

pub(super) fn when_full(written: document::WhenFull) -> WhenFull {
    match written {
        document::WhenFull::Wait => WhenFull::Wait,
        document::WhenFull::Refuse => WhenFull::Refuse,
        document::WhenFull::DropOldest => WhenFull::DropOldest,
    }
}
