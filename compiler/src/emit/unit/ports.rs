//! What connects a unit's handlers to events, queues, state and secrets: a field each, and the way to it.

use super::name;
use crate::emit::code::{Code, Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::{Port, Unit};

/// A kind of port in the runtime's words.
struct Kind {
    /// The trait of a unit that has it.
    has: &'static str,
    /// The method of that trait.
    method: &'static str,
    /// The type of the field.
    field: &'static str,
}

const EVENT: Kind = Kind { has: "Emits", method: "publisher", field: "Publisher" };
const QUEUE: Kind = Kind { has: "Enqueues", method: "enqueuer", field: "Enqueuer" };
const STATE: Kind = Kind { has: "Keeps", method: "collection", field: "Collection" };
const SECRET: Kind = Kind { has: "Reveals", method: "secret", field: "SecretSource" };

fn all(unit: &Unit) -> impl Iterator<Item = (&Kind, &Port)> {
    let kinds = [(&EVENT, &unit.emits), (&QUEUE, &unit.enqueues), (&STATE, &unit.keeps), (&SECRET, &unit.reveals)];
    kinds.into_iter().flat_map(|(kind, ports)| ports.iter().map(move |port| (kind, port)))
}

/// The fields of the unit's struct.
pub(super) fn fields(scope: &Scope<'_>, unit: &Unit) -> impl Iterator<Item = Code> {
    all(unit).map(|(kind, port)| code!(Name(&port.field), ": ", scope.runtime(kind.field), "<", port.marker, ">,"))
}

/// What the fields are filled with.
pub(super) fn made(unit: &Unit) -> impl Iterator<Item = Code> {
    all(unit).map(|(kind, port)| code!(Name(&port.field), ": ports.", kind.method, "(),"))
}

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    for (kind, port) in all(unit) {
        let field_type = code!(scope.runtime(kind.field), "<", port.marker, ">");
        printer.item();
        let head = code!("impl ", scope.runtime(kind.has), "<", port.marker, "> for ", name(unit));
        printer.block(&head, |printer| {
            printer.block(&code!("fn ", kind.method, "(&self) -> &", field_type), |printer| {
                printer.line(&code!("&self.", Name(&port.field)));
            });
        });
    }
}
