//! A queue: what a job is, where it is put, and what is promised about it.

use super::marker;
use crate::emit::code::{Code, Literal, Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::emit::tokens::{listeners, when_full};
use crate::plan::Queue;

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, queue: &Queue) {
    marker(printer, &queue.description, &queue.marker);
    printer.item();
    printer.block(&code!("impl ", scope.runtime("Queue"), " for ", Name(&queue.marker.item)), |printer| {
        printer.line(&code!("type Payload = ", scope.named(&queue.payload), ";"));
        printer.line(&code!("const SUBJECT: &'static str = ", Literal(&queue.subject), ";"));
        printer.line(&code!("const POLICY: ", scope.runtime("QueuePolicy"), " = ", rules(scope, queue), ";"));
        printer.lines(listeners(scope, queue.listeners));
    });
}

fn rules(scope: &Scope<'_>, queue: &Queue) -> Code {
    let rules = scope.runtime("QueuePolicy");
    let lease = code!(".lease(", scope.duration(queue.lease), ")");
    let again = code!(".attempts(", queue.attempts, ").backoff(", scope.backoff(queue.backoff), ")");
    let dead_letter = queue.dead_letter.then_some(".dead_letter()");
    let delayed = queue.delayed.then_some(".delayed()");
    let remember = queue.deduplicate.map(|window| code!(".remember(", scope.duration(window), ")"));
    let bound = queue.bound.map(|bound| code!(".bound(", bound, ")"));
    let when_full = queue.when_full.map(|policy| code!(".when_full(", when_full(scope, policy), ")"));
    code!(rules, "::new()", lease, again, dead_letter, delayed, remember, bound, when_full)
}
