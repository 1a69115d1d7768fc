//! `unbounded_queue`: a queue that may grow without end, or that does not say what happens when it is full.

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for queue in input.topology.queues.values() {
        let name = &queue.name.value;
        let finding = |message: String| Diagnostic::warning("unbounded_queue", message);
        match (&queue.bound, &queue.when_full) {
            (Some(_), Some(_)) => {}
            (None, policy) => {
                let found = finding(format!("the queue `{name}` has no bound"))
                    .label(queue.name.span, "it grows until the memory of the broker is full");
                let found = match policy {
                    Some(policy) => found.label(policy.span, "this never happens"),
                    None => found,
                };
                findings.add(found.help(if policy.is_some() {
                    "say how many jobs may wait: `bound: 100000`"
                } else {
                    "say how many jobs may wait, and what happens to the next one: `bound: 100000, when_full: refuse`"
                }));
            }
            (Some(bound), None) => findings.add(
                finding(format!("the queue `{name}` does not say what happens when it is full"))
                    .label(bound.span, format!("with {} jobs waiting, what about the next one?", bound.value))
                    .help(
                        "write `when_full: refuse` (the sender gets an error), `when_full: wait` (it waits) or \
                         `when_full: drop_oldest`",
                    ),
            ),
        }
    }
}
