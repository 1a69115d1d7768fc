//! `retry_not_idempotent`: messages that may come twice, to a handler that does not say what happens then.

use super::Input;
use super::wording::count;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Delivery, Handler, Operation, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, command) in topology.commands.iter() {
        let Some(retry) = command.retry.as_ref().filter(|retry| retry.value.attempts.value > 1) else { continue };
        let times = count(retry.value.attempts.value as usize, "attempt", "attempts");
        let why = Why { what: "is retried", span: retry.span, text: format!("callers make up to {times}") };
        findings.extend(finding(topology, Handler::Command(id), why, None));
    }
    for (id, subscription) in topology.subscriptions.iter() {
        if subscription.delivery.value == Delivery::AtMostOnce {
            continue;
        }
        let event = &topology.events[subscription.event.value].name.value;
        let text = format!("`{event}` arrives again if it was not acknowledged");
        let why = Why { what: "may get an event twice", span: subscription.delivery.span, text };
        findings.extend(finding(topology, Handler::Subscription(id), why, None));
    }
    for (id, worker) in topology.workers.iter() {
        let queue = &topology.queues[worker.queue.value];
        let text = format!("a job of `{}` comes again when a lease runs out or a worker fails", queue.name.value);
        let why = Why { what: "may get a job twice", span: worker.queue.span, text };
        let attempts = (queue.attempts.span != queue.name.span).then_some(queue.attempts);
        let attempts = attempts.map(|attempts| (attempts.span, format!("up to {} attempts", attempts.value)));
        findings.extend(finding(topology, Handler::Worker(id), why, attempts));
    }
    for handler in topology.handlers().filter(|handler| comes_once(topology, *handler)) {
        let operation = topology.operation(handler);
        let Some(update) = operation.edges.updates.first().filter(|_| operation.outbox.value) else { continue };
        let name = &topology.states[update.value].name.value;
        let text = format!("another run may be faster with `{name}`, which is found out when all is written together");
        let why = Why { what: "runs again where another run was faster", span: update.span, text };
        findings.extend(finding(topology, handler, why, None));
    }
}

/// Whether nobody runs a handler twice for one message.
fn comes_once(topology: &Topology, handler: Handler) -> bool {
    match handler {
        Handler::Command(id) => {
            topology.commands[id].retry.as_ref().is_none_or(|retry| retry.value.attempts.value <= 1)
        }
        Handler::Subscription(id) => topology.subscriptions[id].delivery.value == Delivery::AtMostOnce,
        Handler::Worker(_) => false,
        Handler::Schedule(_) => true,
    }
}

/// Why a handler may run twice for one message: said in the message, and shown.
struct Why {
    what: &'static str,
    span: Span,
    text: String,
}

fn finding(topology: &Topology, handler: Handler, why: Why, more: Option<(Span, String)>) -> Option<Diagnostic> {
    let operation = topology.operation(handler);
    if is_safe(operation) {
        return None;
    }
    let address = topology.address(handler);
    let message = format!("{address} {}, and does not say that this does no harm", why.what);
    let found = Diagnostic::error("retry_not_idempotent", message);
    const LACKS: &str = "has neither `repeatable: true` nor `idempotency`";
    let mut found = if why.span == operation.name.span {
        found.label(why.span, format!("{LACKS}, and {}", why.text))
    } else {
        found.label(operation.name.span, LACKS).label(why.span, why.text)
    };
    if let Some((span, text)) = more {
        found = found.label(span, text);
    }
    let without = if topology.batch(handler).is_some() { "take `batch:` out, and " } else { "" };
    Some(found.help(format!(
        "write `repeatable: true` on {address} if running it twice does no harm; otherwise {without}name the field that \
         tells messages apart: `idempotency: {{ key: id, keep: 24h }}`"
    )))
}

fn is_safe(operation: &Operation) -> bool {
    operation.repeatable.value || operation.idempotency.is_some()
}
