//! How the user runs a unit.

use super::name;
use crate::emit::code::{Code, code};
use crate::emit::layout::Printer;
use crate::emit::scope::Scope;
use crate::plan::Unit;

pub(super) fn print(printer: &mut Printer, scope: &Scope<'_>, unit: &Unit) {
    let (name, future) = (name(unit), scope.future());
    let (started, launch) = (code!(scope.runtime("Started"), "<", name, ">"), scope.runtime("Launch"));
    let (send, once) = (scope.prelude("Send"), scope.prelude("AsyncFnOnce"));
    let nothing = "pontoon::Result<()>";
    let functions = [
        Function {
            doc: "Runs this unit until a signal, then stops it.",
            name: "run",
            beside: None,
            output: code!("impl ", future, "<Output = ", nothing, "> + ", send),
        },
        Function {
            doc: "The same, with something that runs beside it from when it is ready until the signal.",
            name: "run_with",
            beside: Some(code!("impl ", once, "(&", started, ") -> ", nothing)),
            output: code!("impl ", future, "<Output = ", nothing, ">"),
        },
        Function {
            doc: "Starts this unit; what comes back has its client, and stops it.",
            name: "start",
            beside: None,
            output: code!("impl ", future, "<Output = pontoon::Result<", started, ">> + ", send),
        },
        Function {
            doc: "This unit with everything in memory, whatever the environment: for tests. `.await` starts it.",
            name: "in_memory",
            beside: None,
            output: code!(launch, "<", name, ">"),
        },
    ];
    for function in functions {
        let Function { doc, name: function, beside, output } = function;
        let (parameter, argument) = match beside {
            Some(beside) => (code!(", beside: ", beside), ", beside"),
            None => (Code::default(), ""),
        };
        printer.item();
        printer.verbatim_doc(&[doc]);
        printer.block(&code!("pub fn ", function, "(resources: Resources", parameter, ") -> ", output), |printer| {
            printer.line(&code!("pontoon::generated::", function, "::<", name, ">(resources", argument, ")"));
        });
    }
}

/// A function that takes the unit's resources to one of the runtime.
struct Function {
    doc: &'static str,
    /// Its name, which is that of the runtime's function.
    name: &'static str,
    /// The type of what runs beside the unit, where anything does.
    beside: Option<Code>,
    output: Code,
}
