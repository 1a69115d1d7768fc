//! `bridge_capability`: something that an environment's bridge is needed for and cannot do.

use std::collections::HashSet;

use pontoon_schema::capability::{Bound, Bridge, EVENT_BRIDGES, Ordering, QUEUE_BRIDGES};

use super::Input;
use super::flow::{Carried, between_units};
use super::placement::Placement;
use super::wording::{Named, either, size};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{
    Connection, Delivery, EnvironmentId, EventId, Handler, Located, Purpose, Subscription, SubscriptionId, Topology,
    WhenFull,
};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    // An inherited bridge is one place in the file: what it lacks is said once.
    let mut seen = HashSet::new();
    for placement in &input.placements {
        let needs = needs(input.topology, placement);
        for (id, environment) in placement.identified_environments() {
            let bridge = |purpose| match purpose {
                Purpose::EventBridge => environment.event_bridge.as_ref(),
                _ => environment.queue_bridge.as_ref(),
            };
            for need in needs.iter().filter(|need| need.exists(input.topology, id)) {
                let Some(connection) = bridge(need.purpose) else {
                    if seen.insert((environment.name.span, environment.name.span, need.purpose.key())) {
                        findings.add(need.absent(input.topology, &environment.name, &placement.deployment.name));
                    }
                    continue;
                };
                let lacks = connection.bridge().is_some_and(|bridge| !(need.met)(bridge, need.least));
                if lacks && seen.insert((need.span, connection.adapter.span, need.what)) {
                    findings.add(need.unmet(input.topology, &environment.name, connection));
                }
            }
        }
    }
}

/// One thing that a bridge has to be able to do, and for whom.
struct Need {
    purpose: Purpose,
    /// Where it is asked for.
    span: Span,
    /// Who asks.
    of: Named,
    /// For what: `keeps events of one key in order`. Empty: to be there is enough.
    what: &'static str,
    met: fn(&Bridge, u64) -> bool,
    /// The bytes that have to pass, where it is about sizes.
    least: u64,
    /// What else would help than another bridge.
    also: &'static str,
    /// What it is for, where that exists in some environments only.
    subject: Subject,
}

/// What a need is for.
#[derive(Clone, Copy)]
enum Subject {
    Event(EventId),
    Subscription(SubscriptionId),
    /// Something that exists in every environment.
    Other,
}

fn needs(topology: &Topology, placement: &Placement<'_>) -> Vec<Need> {
    let mut needs = Vec::new();
    for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
        let of = Named::Handler(*handler);
        let edges = &topology.operation(*handler).edges;
        for edge in &edges.emits {
            let (event, subject) = (&topology.events[edge.value], Subject::Event(edge.value));
            let size = Need::size(Purpose::EventBridge, event.size, Named::Event(edge.value));
            let own = [Need::of(Purpose::EventBridge, edge.span, of)].into_iter().chain(size);
            needs.extend(own.map(|need| Need { subject, ..need }));
        }
        for edge in &edges.enqueues {
            needs.push(Need::of(Purpose::QueueBridge, edge.span, of));
            let queue = &topology.queues[edge.value];
            needs.extend(Need::size(Purpose::QueueBridge, queue.size, Named::Queue(edge.value)));
            if queue.delayed.value {
                let need = Need::of(Purpose::QueueBridge, queue.delayed.span, Named::Queue(edge.value));
                needs.push(need.to("holds a job back for a time", |bridge, _| bridge.delay));
            }
            if let Some(window) = &queue.deduplicate {
                let need = Need::of(Purpose::QueueBridge, window.span, Named::Queue(edge.value));
                needs.push(need.to("leaves out a second job with the same id", |bridge, _| bridge.deduplication));
            }
        }
        match handler {
            Handler::Subscription(id) => {
                let subject = Subject::Subscription(*id);
                needs.extend(of_subscription(topology, *id).into_iter().map(|need| Need { subject, ..need }));
            }
            Handler::Worker(id) => {
                let need = || Need::of(Purpose::QueueBridge, topology.workers[*id].queue.span, of);
                needs.push(need());
                needs.push(need().to("shares jobs among several workers", |bridge, _| bridge.competing_consumers));
            }
            Handler::Command(_) | Handler::Schedule(_) => {}
        }
    }
    for flow in between_units(topology, placement, &|_| true) {
        if let (Carried::Call, Handler::Command(callee)) = (flow.carried, flow.to) {
            let need = Need::of(Purpose::EventBridge, flow.span, Named::Handler(flow.from));
            needs.push(need.to("carries requests and their answers", |bridge, _| bridge.request_reply));
            let size = topology.commands[callee].size;
            needs.extend(Need::size(Purpose::EventBridge, size, Named::Handler(flow.to)));
        }
    }
    needs
}

fn of_subscription(topology: &Topology, id: SubscriptionId) -> Vec<Need> {
    let (subscription, handler) = (&topology.subscriptions[id], Handler::Subscription(id));
    let of = Named::Handler(handler);
    let mut needs = vec![Need::of(Purpose::EventBridge, subscription.event.span, of)];
    if let Some(ordered) = subscription.ordered.as_ref().filter(|ordered| ordered.value.key.is_some()) {
        let need = Need::of(Purpose::EventBridge, ordered.span, of);
        needs.push(need.to("keeps events of one key in order among several consumers", {
            match subscription.delivery.value {
                Delivery::AtLeastOnce => |bridge, _| bridge.ordering == Ordering::ByKey,
                Delivery::AtMostOnce => |bridge, _| bridge.ordering_at_most_once == Ordering::ByKey,
            }
        }));
    }
    needs.extend(Need::bound(subscription, of));
    needs.push(Need::name(topology, handler, subscription, of));
    if subscription.dead_letter.value {
        let need = Need::of(Purpose::EventBridge, subscription.dead_letter.span, of);
        needs.push(need.to("keeps the events that are given up", |bridge, _| bridge.dead_letter));
    }
    if subscription.concurrency.value > 1 {
        let need = Need::of(Purpose::EventBridge, subscription.concurrency.span, of);
        needs.push(need.to("shares events among several consumers", |bridge, _| bridge.competing_consumers));
    }
    needs
}

impl Need {
    fn of(purpose: Purpose, span: Span, of: Named) -> Self {
        Self { purpose, span, of, what: "", met: |_, _| true, least: 0, also: "", subject: Subject::Other }
    }

    /// Whether what it is for exists in an environment.
    fn exists(&self, topology: &Topology, environment: EnvironmentId) -> bool {
        match self.subject {
            Subject::Event(id) => topology.has_event(environment, id),
            Subject::Subscription(id) => topology.has_subscription(environment, id),
            Subject::Other => true,
        }
    }

    fn to(self, what: &'static str, met: fn(&Bridge, u64) -> bool) -> Self {
        Self { what, met, ..self }
    }

    /// What a subscription says about how much waits for it.
    fn bound(subscription: &Subscription, of: Named) -> Option<Self> {
        let when_full = subscription.when_full;
        let span = subscription.bound.map(|bound| bound.span).or(when_full.map(|when_full| when_full.span))?;
        let need = Self::of(Purpose::EventBridge, span, of);
        const HELD: &str = "holds a bound on the events that wait";
        const FELT: &str = "holds a bound on the events that wait, and lets their senders feel it";
        Some(match (subscription.delivery.value, when_full.map(|when_full| when_full.value)) {
            (Delivery::AtLeastOnce, Some(WhenFull::DropOldest)) => {
                need.to(HELD, |bridge, _| bridge.bound >= Bound::DropOldest)
            }
            (Delivery::AtLeastOnce, _) => need.to(FELT, |bridge, _| bridge.bound == Bound::AsSaid),
            (Delivery::AtMostOnce, None | Some(WhenFull::DropOldest)) => {
                need.to(HELD, |bridge, _| bridge.bound_at_most_once >= Bound::DropOldest)
            }
            (Delivery::AtMostOnce, _) => need.to(FELT, |bridge, _| bridge.bound_at_most_once == Bound::AsSaid),
        })
    }

    /// What its queue is called at a broker: its event and itself.
    fn name(topology: &Topology, handler: Handler, subscription: &Subscription, of: Named) -> Self {
        /// What the longest name of a queue has more that belongs to it: `.later.1024m`.
        const MORE: usize = 12;
        let event = &topology.events[subscription.event.value];
        let subject = pontoon_schema::subject::event(&topology.name.value, &event.name.value, event.version);
        let length = subject.len() + 1 + topology.full_address(handler).len() + MORE;
        let span = topology.operation(handler).name.span;
        let also = "shorten the names of the topology, the event, the service or the subscription; ";
        let need = Self { least: length as u64, also, ..Self::of(Purpose::EventBridge, span, of) };
        need.to("has queues with names of this length", |bridge, least| bridge.longest_name >= least)
    }

    fn size(purpose: Purpose, size: Option<Located<u64>>, of: Named) -> Option<Self> {
        let size = size?;
        let need = Self { least: size.value, ..Self::of(purpose, size.span, of) };
        Some(need.to("carries payloads of this size", |bridge, least| bridge.largest_payload >= least))
    }

    fn fit(&self) -> String {
        let bridges: &[Bridge] = if self.purpose == Purpose::EventBridge { &EVENT_BRIDGES } else { &QUEUE_BRIDGES };
        let fit = bridges.iter().filter(|bridge| (self.met)(bridge, self.least));
        either(fit.map(|bridge| format!("`{}`", bridge.adapter.name())))
    }

    /// The bridges that do not forget.
    fn durable(&self) -> String {
        let bridges: &[Bridge] = if self.purpose == Purpose::EventBridge { &EVENT_BRIDGES } else { &QUEUE_BRIDGES };
        either(bridges.iter().filter(|bridge| bridge.durable).map(|bridge| format!("`{}`", bridge.adapter.name())))
    }

    fn absent(&self, topology: &Topology, environment: &Located<String>, deployment: &Located<String>) -> Diagnostic {
        let (key, name, of) = (self.purpose.key(), &environment.value, self.of.shown(topology));
        Diagnostic::error("bridge_capability", format!("{of} needs the {key} of `{name}`, which has none"))
            .label(self.span, format!("{of} needs a {key}"))
            .label(environment.span, format!("`{name}` has no `{key}:`"))
            .label(deployment.span, format!("runs {of} in `{name}`"))
            .help(format!(
                "add one to `{name}`: `{key}: in_memory` where forgetting is fine, or one of {}",
                self.durable()
            ))
    }

    fn unmet(&self, topology: &Topology, environment: &Located<String>, connection: &Connection) -> Diagnostic {
        let (key, name, of, what) = (self.purpose.key(), &environment.value, self.of.shown(topology), self.what);
        let limit = if self.least > 0 { format!(" ({})", size(self.least)) } else { String::new() };
        let message = format!("{of} needs a bridge that {what}{limit}: the {key} of `{name}` does not");
        let fit = self.fit();
        let instead =
            if fit.is_empty() { "no bridge does: ask for less".to_owned() } else { format!("{fit} would do") };
        Diagnostic::error("bridge_capability", message)
            .label(self.span, format!("{of} needs a bridge that {what}"))
            .label(connection.adapter.span, format!("in `{name}`, `{}` does not", connection.name()))
            .help(format!(
                "{}{instead}, as the {key} of `{name}`; or take `{name}` out of the deployments that need it",
                self.also
            ))
    }
}
