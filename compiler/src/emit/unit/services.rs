//! The handlers of a unit, a table for each service: which operation each of them handles, and what they are made from.

use super::name;
use crate::emit::code::{Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::{Member, Unit};

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    for member in &unit.services {
        table(printer, scope, unit, member);
    }
}

fn table(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit, member: &Member) {
    printer.item();
    printer.block(&code!("pontoon::generated::handlers!"), |printer| {
        printer.verbatim_doc(&["The handlers of `", &member.service, "`."]);
        let place = code!(name(unit), ".", Name(&member.field));
        let resources = scope.named(&member.resources);
        printer.block(&code!("struct ", Name(&member.structure), " in ", place, " from ", resources), |printer| {
            for handler in &member.handlers {
                let path = scope.named(&handler.handler);
                printer.line(&code!(Name(&handler.field), ": ", handler.marker, " => ", path, ","));
            }
        });
    });
}
