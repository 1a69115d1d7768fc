//! `repeated_at_most_once`: attempts, back-off or dead letters for events that come at most once.

use super::Input;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Delivery, Handler, Subscription};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, subscription) in topology.subscriptions.iter() {
        let said = said(subscription);
        if subscription.delivery.value == Delivery::AtLeastOnce || said.is_empty() {
            continue;
        }
        let (address, event) = (topology.address(Handler::Subscription(id)), subscription.event.value);
        let event = &topology.events[event].name.value;
        let keys = || listed(said.iter().map(|said| format!("`{}:`", said.key)));
        let verb = if said.len() == 1 { "does" } else { "do" };
        let message = format!("{address} gets `{event}` at most once, where {} {verb} nothing", keys());
        let found = said.iter().fold(Diagnostic::error("repeated_at_most_once", message), |found, said| {
            found.label(said.span, said.without)
        });
        let operation = &subscription.operation;
        let twice = match operation.repeatable.value || operation.idempotency.is_some() {
            true => "",
            false if subscription.batch.is_some() => ", with `repeatable: true`,",
            false => ", with `repeatable: true` or an `idempotency:`,",
        };
        findings.add(found.label(subscription.delivery.span, "an event that fails here is gone").help(format!(
            "write `delivery: at_least_once`{twice} on {address} if it must not miss an event, or take out {}",
            keys()
        )));
    }
}

/// Something that is said about events that come again.
struct Said {
    key: &'static str,
    span: Span,
    /// What is not there without them.
    without: &'static str,
}

fn said(subscription: &Subscription) -> Vec<Said> {
    // What is left out stands where the subscription itself does.
    let written = |span: Span| span != subscription.operation.name.span;
    let Subscription { attempts, backoff, dead_letter, .. } = subscription;
    let attempts = (attempts.value > 1).then_some(Said {
        key: "attempts",
        span: attempts.span,
        without: "there is no second attempt",
    });
    let backoff = written(backoff.span).then_some(Said {
        key: "backoff",
        span: backoff.span,
        without: "nothing to wait for between attempts",
    });
    let dead_letter = dead_letter.value.then_some(Said {
        key: "dead_letter",
        span: dead_letter.span,
        without: "nothing is kept of an event that may be lost, and a replay would be a second time",
    });
    [attempts, backoff, dead_letter].into_iter().flatten().collect()
}
