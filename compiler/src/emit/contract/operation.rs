//! A handler's marker type, with what rustc and the runtime have to know about it.

use super::{context, marker};
use crate::emit::code::{Code, Literal, Name, Piece as _, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::emit::tokens::{environments, field, when_full};
use crate::plan::{Batch, Delivery, Idempotency, Operation, Place, Policy, Timetable, Trigger};

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, operation: &Operation) {
    marker(printer, &operation.description, &operation.marker);
    general(printer, scope, operation);
    special(printer, scope, operation);
    context::print(printer, operation);
}

/// What every handler has.
fn general(printer: &mut Printer, scope: &Scope<'_>, operation: &Operation) {
    let kind_type = scope.runtime("Kind");
    let types = Types::of(scope, &operation.trigger);
    printer.item();
    printer.block(&code!("impl ", scope.runtime("Operation"), " for ", Name(&operation.marker.item)), |printer| {
        printer.line(&code!("type Input = ", types.input, ";"));
        printer.line(&code!("type Output = ", types.output, ";"));
        printer.line(&code!("type Rejection = ", types.rejection, ";"));
        printer.line(&code!("const KIND: ", kind_type, " = ", kind_type, "::", types.kind, ";"));
        printer.line(&code!("const ADDRESS: &'static str = ", Literal(&operation.address), ";"));
        printer.lines(policy(scope, &operation.policy));
        if let Some(idempotency) = &operation.policy.idempotency {
            idempotency_key(printer, scope, idempotency);
        }
    });
}

/// Of which kind a handler is, what it gets and what it gives.
struct Types {
    kind: &'static str,
    input: Code,
    output: Code,
    rejection: Code,
}

impl Types {
    fn of(scope: &Scope<'_>, trigger: &Trigger) -> Self {
        let never = || code!(scope.runtime("Never"));
        let heard = |kind, input| Self { kind, input, output: code!("()"), rejection: never() };
        match trigger {
            Trigger::Command { input, output, rejection, .. } => {
                let rejection = rejection.as_ref().map_or_else(never, |rejection| scope.named(rejection));
                Self { kind: "Command", input: scope.named(input), output: scope.named(output), rejection }
            }
            Trigger::Subscription { payload, .. } => heard("Subscription", scope.named(payload)),
            Trigger::Worker { payload, .. } => heard("Worker", scope.named(payload)),
            Trigger::Schedule { .. } => heard("Schedule", code!(scope.runtime("Tick"))),
        }
    }
}

/// What holds for every run, where the topology promises something.
fn policy(scope: &Scope<'_>, policy: &Policy) -> Option<Code> {
    let timeout = policy.timeout.map(|timeout| code!(".timeout(", scope.duration(timeout), ")"));
    let retry =
        policy.retry.map(|(attempts, backoff)| code!(".retry(", attempts, ").backoff(", scope.backoff(backoff), ")"));
    let idempotency = policy.idempotency.as_ref();
    let idempotency = idempotency.map(|idempotency| code!(".idempotency(", scope.duration(idempotency.keep), ")"));
    let outbox = policy.outbox.then_some(".outbox()");
    let repeatable = policy.repeatable.then_some(".repeatable()");
    let promises = code!(timeout, retry, idempotency, outbox, repeatable);
    (!promises.is_empty()).then(|| {
        let policy = scope.runtime("Policy");
        code!("const POLICY: ", policy, " = ", policy, "::new()", promises, ";")
    })
}

/// What tells one input from another. Whether a field that may be absent is a key, rustc says: it knows the field's
/// type.
fn idempotency_key(printer: &mut Printer, scope: &Scope<'_>, idempotency: &Idempotency) {
    let key = scope.runtime("Key");
    let found = code!(key, "::field(&input", field(&idempotency.key), ")");
    let found = match idempotency.optional {
        true => code!(found, ".optional()"),
        false => code!(scope.prelude("Some"), "(", found, ".required())"),
    };
    printer.item();
    printer.block(&code!("fn key(input: &Self::Input) -> Option<", key, ">"), |printer| printer.line(&found));
}

/// What stays in order.
fn order(printer: &mut Printer, scope: &Scope<'_>, path: &str) {
    let (key, some) = (scope.runtime("Key"), scope.prelude("Some"));
    printer.item();
    printer.block(&code!("fn order(payload: &Self::Input) -> Option<", key, ">"), |printer| {
        printer.line(&code!(some, "(", key, "::of(&payload", field(path), "))"));
    });
}

/// What only handlers of one kind have.
fn special(printer: &mut Printer, scope: &Scope<'_>, operation: &Operation) {
    let name = Name(&operation.marker.item);
    printer.item();
    match &operation.trigger {
        Trigger::Command { subject, exposed, .. } => {
            printer.block(&code!("impl ", scope.runtime("Command"), " for ", name), |printer| {
                printer.line(&code!("const SUBJECT: &'static str = ", Literal(subject), ";"));
            });
            if *exposed {
                printer.item();
                printer.line(&code!("impl ", scope.runtime("Exposed"), " for ", name, " {}"));
            }
        }
        Trigger::Subscription { event, delivery, environments, .. } => {
            let policy = scope.runtime("SubscriptionPolicy");
            printer.block(&code!("impl ", scope.runtime("Subscription"), " for ", name), |printer| {
                printer.line(&code!("type Event = ", from_service(operation, event), ";"));
                printer.line(&code!("const DELIVERY: ", policy, " = ", self::delivery(scope, delivery), ";"));
                printer.lines(self::environments(scope, environments.as_deref()));
                if let Some(Some(path)) = &delivery.ordered {
                    order(printer, scope, path);
                }
            });
        }
        Trigger::Worker { queue, concurrency, batch, backoff, .. } => {
            printer.block(&code!("impl ", scope.runtime("Worker"), " for ", name), |printer| {
                printer.line(&code!("type Queue = ", from_service(operation, queue), ";"));
                printer.line(&code!("const CONCURRENCY: u32 = ", concurrency, ";"));
                printer.lines(batch.map(|batch| {
                    let (item, batch) = (scope.runtime("Batching"), self::batch(scope, batch));
                    code!("const BATCHING: Option<", item, "> = Some(", item, "::new(", batch, "));")
                }));
                printer.lines(backoff.map(|backoff| {
                    let (item, backoff) = (scope.runtime("Backoff"), scope.backoff(backoff));
                    code!("const BACKOFF: Option<", item, "> = Some(", item, "::new(", backoff, "));")
                }));
            });
        }
        Trigger::Schedule { timetable, zone, single, makes_up } => {
            printer.block(&code!("impl ", scope.runtime("Schedule"), " for ", name), |printer| {
                let timetable_type = scope.runtime("Timetable");
                let timetable = self::timetable(scope, timetable);
                let zone = zone.as_ref().map(|zone| code!(".zone(", Literal(zone), ")"));
                printer.line(&code!("const TIMETABLE: ", timetable_type, " = ", timetable, zone, ";"));
                printer.lines(single.then(|| code!("const SINGLE: bool = true;")));
                printer.lines(makes_up.then(|| code!("const MAKES_UP: bool = true;")));
            });
        }
    }
}

/// Another place of the contract, seen from the module of this handler's service. It is not imported there: the
/// service may have a handler whose module is called the same.
fn from_service(operation: &Operation, place: &Place) -> Code {
    let mut code = Code::default();
    operation.marker.modules.iter().for_each(|_| "super::".add_to(&mut code));
    place.add_to(&mut code);
    code
}

fn delivery(scope: &Scope<'_>, delivery: &Delivery) -> Code {
    let policy = scope.runtime("SubscriptionPolicy");
    let promise = if delivery.at_least_once { "::at_least_once()" } else { "::at_most_once()" };
    let again = delivery
        .at_least_once
        .then(|| code!(".attempts(", delivery.attempts, ").backoff(", scope.backoff(delivery.backoff), ")"));
    let dead_letter = delivery.dead_letter.then_some(".dead_letter()");
    let ordered = delivery.ordered.is_some().then_some(".ordered()");
    let concurrency = code!(".concurrency(", delivery.concurrency, ")");
    let batch = delivery.batch.map(|batch| code!(".batch(", self::batch(scope, batch), ")"));
    let bound = delivery.bound.map(|bound| code!(".bound(", bound, ")"));
    let when_full = delivery.when_full.map(|policy| code!(".when_full(", when_full(scope, policy), ")"));
    code!(policy, promise, again, dead_letter, ordered, concurrency, batch, bound, when_full)
}

fn batch(scope: &Scope<'_>, batch: Batch) -> Code {
    code!(batch.most, ", ", scope.duration(batch.wait))
}

fn timetable(scope: &Scope<'_>, timetable: &Timetable) -> Code {
    let timetable_type = scope.runtime("Timetable");
    match timetable {
        Timetable::Every(time) => code!(timetable_type, "::every(", scope.duration(*time), ")"),
        Timetable::Cron(cron) => code!(timetable_type, "::cron(", Literal(cron), ")"),
    }
}
