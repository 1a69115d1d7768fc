//! `batch_conflict`: several messages in one run, and a promise that holds for one.

use super::Input;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers() {
        let Some(batch) = topology.batch(handler) else { continue };
        let promises = promises(topology, handler);
        if promises.is_empty() {
            continue;
        }
        let address = topology.address(handler);
        let keys = listed(promises.iter().map(|promise| format!("`{}:`", promise.key)));
        let verb = if promises.len() == 1 { "holds" } else { "hold" };
        let message =
            format!("{address} gets up to {} messages at a time, and {keys} {verb} for one", batch.value.most.value);
        let found = Diagnostic::error("batch_conflict", message).label(batch.span, "one run for several messages");
        let found = promises.iter().fold(found, |found, promise| found.label(promise.span, promise.alone));
        let operation = topology.operation(handler);
        let instead = match operation.idempotency.is_some() && !operation.repeatable.value {
            true => "; say `repeatable: true` then, if running it twice for one message does no harm",
            false => "",
        };
        findings.add(found.help(format!("take `batch:` out on {address}, or {keys}{instead}")));
    }
}

/// Something that is promised for one message.
struct Promise {
    key: &'static str,
    span: Span,
    /// Why it is for one.
    alone: &'static str,
}

fn promises(topology: &Topology, handler: Handler) -> Vec<Promise> {
    let operation = topology.operation(handler);
    let ordered = match handler {
        Handler::Subscription(id) => topology.subscriptions[id].ordered.as_ref(),
        _ => None,
    };
    let ordered = ordered.map(|ordered| Promise {
        key: "ordered",
        span: ordered.span,
        alone: "an event that fails holds up those behind it, which would be in its run",
    });
    let idempotency = operation.idempotency.as_ref().map(|idempotency| Promise {
        key: "idempotency",
        span: idempotency.span,
        alone: "the key of one message, noted once its run has ended",
    });
    let outbox = operation.outbox.value.then_some(Promise {
        key: "outbox",
        span: operation.outbox.span,
        alone: "what one message changes and sends takes effect together, or not at all",
    });
    [ordered, idempotency, outbox].into_iter().flatten().collect()
}
