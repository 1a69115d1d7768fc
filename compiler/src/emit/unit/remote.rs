//! The commands of other units that a unit's handlers call: each is one request on the bridge.

use super::name;
use crate::emit::code::code;
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::Unit;

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    for reached in &unit.reaches {
        let (reachable, over_bridge) = (scope.runtime("Reachable"), scope.runtime("OverBridge"));
        printer.item();
        printer.block(&code!("impl ", reachable, "<", name(unit), "> for ", reached.marker), |printer| {
            printer.line(&code!("type Transport = ", over_bridge, ";"));
        });
    }
}
