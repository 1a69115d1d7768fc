//! `missing_dead_letter`: messages that are dropped when their attempts run out.

use super::Input;
use super::wording::count;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Delivery, Handler, Located};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, subscription) in topology.subscriptions.iter() {
        if subscription.delivery.value == Delivery::AtLeastOnce && !subscription.dead_letter.value {
            let address = topology.address(Handler::Subscription(id));
            let event = &topology.events[subscription.event.value].name.value;
            let name = subscription.operation.name.span;
            findings.add(lost(&address, &format!("`{event}`"), "event", name, subscription.attempts));
        }
    }
    for (_, queue) in topology.queues.iter() {
        if !queue.dead_letter.value {
            let of = format!("the queue `{}`", queue.name.value);
            findings.add(lost(&of, "a job", "job", queue.name.span, queue.attempts));
        }
    }
}

/// A finding about `owner`, defined at `name`, which gives up on `what` for good.
fn lost(owner: &str, what: &str, noun: &str, name: Span, attempts: Located<u32>) -> Diagnostic {
    let times = count(attempts.value as usize, "attempt", "attempts");
    let message = format!("{owner} drops {what} that fails for good");
    let found = Diagnostic::warning("missing_dead_letter", message)
        .label(name, format!("after {times} the {noun} is gone, with nowhere to go"));
    let found = if attempts.span == name { found } else { found.label(attempts.span, "the last of these ends it") };
    found.help(format!("write `dead_letter: true` here: the {noun} is then kept with its reason, and can be replayed"))
}
