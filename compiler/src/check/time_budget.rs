//! `time_budget`: a handler that allows itself less time than all that it waits for may take together.

use super::Input;
use super::wording::{SHOWN, count, length, listed, time, whole_seconds};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Budget, Needs};
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut needs = Needs::new(topology);
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let Some(patience) = operation.timeout else { continue };
        let Budget { needed, path } = needs.budget(handler);
        if needed <= patience.value {
            continue;
        }
        let calls = &operation.edges.invokes;
        // That one callee alone may take longer is an error, and timeout_inversion has said so.
        if path
            .iter()
            .any(|(call, _)| needs.of(calls[*call].command.value).is_some_and(|need| need.all > patience.value))
        {
            continue;
        }
        let from = topology.address(handler);
        let callee = |call: usize| topology.address(Handler::Command(calls[call].command.value));
        let slow: Vec<_> = path.iter().filter(|(_, needed)| !needed.is_zero()).collect();
        let names = listed(slow.iter().map(|(call, _)| callee(*call)));
        let message =
            format!("{from} allows itself {}, and may wait for {names} for {}", time(patience.value), length(needed));
        let mut found = Diagnostic::warning("time_budget", message)
            .label(patience.span, format!("{from} ends after {}", time(patience.value)));
        for (call, needed) in slow.iter().take(SHOWN) {
            let edge = &calls[*call];
            let text = match edge.calls {
                1 => format!("may take {}", length(*needed)),
                calls => format!("{} may take {}", count(calls as usize, "call", "calls"), length(*needed)),
            };
            found = found.label(edge.command.span, text);
        }
        let other = match slow.as_slice() {
            [(one, _), (other, _), ..] => {
                let (one, other) = (callee(*one), callee(*other));
                format!(
                    "; where it does not wait for one after the other, say so: `invokes: [{{ parallel: [{one}, {other}] }}]`, or \
                     `either:` if it calls only one of them"
                )
            }
            _ => String::new(),
        };
        findings.add(found.help(format!(
            "write `timeout: {}` or more on {from}, or give what it calls less time or fewer attempts{other}",
            time(whole_seconds(needed))
        )));
    }
}
