//! A state collection: what a value is, and how long it lives.

use super::marker;
use crate::emit::code::{Code, Literal, Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::{State, Time};

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, state: &State) {
    marker(printer, &state.description, &state.marker);
    printer.item();
    printer.block(&code!("impl ", scope.runtime("State"), " for ", Name(&state.marker.item)), |printer| {
        printer.line(&code!("type Value = ", scope.named(&state.value), ";"));
        printer.line(&code!("const NAME: &'static str = ", Literal(&state.name), ";"));
        printer.lines(state.ttl.map(|ttl| time_to_live(scope, ttl)));
    });
}

fn time_to_live(scope: &Scope<'_>, ttl: Time) -> Code {
    let (duration, ttl) = (scope.duration_type(), scope.duration(ttl));
    code!("const TTL: Option<", duration, "> = ", scope.prelude("Some"), "(", ttl, ");")
}
