//! A secret: its name in the environment's secret store.

use super::marker;
use crate::emit::code::{Literal, Name, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::Secret;

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, secret: &Secret) {
    marker(printer, &secret.description, &secret.marker);
    printer.item();
    printer.block(&code!("impl ", scope.runtime("Secret"), " for ", Name(&secret.marker.item)), |printer| {
        printer.line(&code!("const NAME: &'static str = ", Literal(&secret.name), ";"));
    });
}
