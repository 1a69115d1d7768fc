//! `ordered_competing`: order among several consumers, with no key that keeps together what belongs together.

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, subscription) in topology.subscriptions.iter() {
        let Some(ordered) = &subscription.ordered else { continue };
        let consumers = subscription.concurrency;
        if ordered.value.key.is_some() || consumers.value <= 1 {
            continue;
        }
        let address = topology.address(Handler::Subscription(id));
        let event = &topology.events[subscription.event.value];
        let message =
            format!("{address} wants `{}` in order, and handles {} at a time", event.name.value, consumers.value);
        findings.add(
            Diagnostic::error("ordered_competing", message)
                .label(ordered.span, "order over all events, as no key is named")
                .label(consumers.span, "the second of these overtakes the first whenever that is slower")
                .help(
                    "name the field within which order matters, such as `ordered: { key: device }`: events of one \
                     device stay in order, those of others run beside them. Or write `concurrency: 1`",
                ),
        );
    }
}
