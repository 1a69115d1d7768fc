//! `undurable_flow`: a promise to lose nothing, on a bridge that forgets.

use std::collections::{BTreeMap, HashSet};

use pontoon_schema::capability::{self, EVENT_BRIDGES, QUEUE_BRIDGES};

use super::Input;
use super::wording::{SHOWN, either, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{
    Connection, Delivery, Environment, EnvironmentId, Handler, Pattern, QueueId, SubscriptionId, Topology,
};

/// What promises to lose nothing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Promise {
    Subscription(SubscriptionId),
    Queue(QueueId),
}

impl Promise {
    /// Whether it is given in an environment: what does not exist there promises nothing.
    fn is_given(self, topology: &Topology, environment: EnvironmentId) -> bool {
        match self {
            Promise::Subscription(id) => topology.has_subscription(environment, id),
            Promise::Queue(_) => true,
        }
    }
}

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // By promise and bridge, as it is written: environments that inherit the bridge make one finding.
    let mut found: BTreeMap<(Promise, Span), (&Connection, Vec<&Environment>)> = BTreeMap::new();
    for placement in &input.placements {
        // Functions run neither subscriptions nor workers; what they enqueue is serverless_state's to say.
        if placement.deployment.pattern.value == Pattern::Serverless {
            continue;
        }
        let handlers = placement.units.iter().flat_map(|placed| &placed.handlers);
        let promises: HashSet<Promise> = handlers.flat_map(|handler| promises(topology, *handler)).collect();
        let hard = placement.identified_environments().filter(|(_, environment)| environment.is_hard());
        for (id, environment) in hard {
            for promise in promises.iter().filter(|promise| promise.is_given(topology, id)) {
                let connection = match promise {
                    Promise::Subscription(_) => &environment.event_bridge,
                    Promise::Queue(_) => &environment.queue_bridge,
                };
                let Some(connection) = connection.as_ref().filter(|connection| forgets(connection)) else {
                    continue;
                };
                let (_, environments) =
                    found.entry((*promise, connection.adapter.span)).or_insert((connection, Vec::new()));
                if !environments.iter().any(|known| std::ptr::eq(*known, environment)) {
                    environments.push(environment);
                }
            }
        }
    }
    findings.extend(
        found
            .into_iter()
            .map(|((promise, _), (connection, environments))| finding(topology, promise, connection, &environments)),
    );
}

fn promises(topology: &Topology, handler: Handler) -> Vec<Promise> {
    let mut promises: Vec<Promise> =
        topology.operation(handler).edges.enqueues.iter().map(|edge| Promise::Queue(edge.value)).collect();
    match handler {
        Handler::Subscription(id) if topology.subscriptions[id].delivery.value == Delivery::AtLeastOnce => {
            promises.push(Promise::Subscription(id));
        }
        Handler::Worker(id) => promises.push(Promise::Queue(topology.workers[id].queue.value)),
        _ => {}
    }
    promises
}

fn forgets(connection: &Connection) -> bool {
    connection.bridge().is_some_and(|bridge| !bridge.durable)
}

fn finding(
    topology: &Topology,
    promise: Promise,
    connection: &Connection,
    environments: &[&Environment],
) -> Diagnostic {
    let names = listed(environments.iter().map(|environment| format!("`{}`", environment.name.value)));
    let adapter = connection.name();
    let durable = |bridges: &[capability::Bridge]| {
        either(bridges.iter().filter(|bridge| bridge.durable).map(|bridge| format!("`{}`", bridge.adapter.name())))
    };
    let (message, place, text, help, (several, remedy)) = match promise {
        Promise::Subscription(id) => {
            let subscription = &topology.subscriptions[id];
            let address = topology.address(Handler::Subscription(id));
            let event = &topology.events[subscription.event.value].name.value;
            // What repeated_at_most_once would say next.
            let again = subscription.attempts.value > 1 || subscription.dead_letter.value;
            let without = if again { ", without `attempts:`, `backoff:` and `dead_letter:`" } else { "" };
            (
                format!("{address} is to get `{event}` at least once, and the event_bridge of {names} forgets"),
                subscription.delivery.span,
                format!("{address} must not miss an event"),
                format!(
                    "let the event_bridge be {}, write `ephemeral: true` if losing data is acceptable in {names}, or \
                     `delivery: at_most_once` on {address}{without}",
                    durable(&EVENT_BRIDGES)
                ),
                (
                    format!(
                        "subscriptions are to get their events at least once, and the event_bridge of {names} forgets"
                    ),
                    format!(
                        "let the event_bridge be {}, or write `ephemeral: true` if losing data is acceptable in {names}",
                        durable(&EVENT_BRIDGES)
                    ),
                ),
            )
        }
        Promise::Queue(id) => {
            let name = &topology.queues[id].name;
            let help = format!(
                "let the queue_bridge be {}, or write `ephemeral: true` if losing data is acceptable in {names}",
                durable(&QUEUE_BRIDGES)
            );
            (
                format!("the queue `{}` is to keep its jobs, and the queue_bridge of {names} forgets", name.value),
                name.span,
                "a job in here must not be lost".to_owned(),
                help.clone(),
                (format!("queues are to keep their jobs, and the queue_bridge of {names} forgets"), help),
            )
        }
    };
    let mut found = Diagnostic::error("undurable_flow", message)
        .label(place, text)
        .label(connection.adapter.span, format!("`{adapter}` loses what is in it when the process ends"));
    for environment in environments.iter().take(SHOWN) {
        found = found.label(environment.name.span, "not `ephemeral`: losing data matters here");
    }
    found.help(help).together(several, remedy)
}
