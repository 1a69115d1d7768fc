//! `shared_handler`: one Rust type that is to be two things.

use std::collections::HashMap;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // What the handlers of a service are made from, each with who says so.
    let resources = topology.services.values().map(|service| {
        let span = service.resources.span;
        (service.resources.value.as_str(), (format!("what `{}` is made from", service.name.value), span))
    });
    let mut taken: HashMap<&str, (String, Span)> = resources.collect();
    for handler in topology.handlers() {
        let path = &topology.operation(handler).handler;
        let address = topology.address(handler);
        let what = format!("the handler of {address}");
        let Some((other, first)) = taken.get(path.value.as_str()) else {
            taken.insert(path.value.as_str(), (what, path.span));
            continue;
        };
        let found = Diagnostic::error("shared_handler", format!("`{}` is {what}, and {other}", path.value));
        let found = found.label(path.span, what.clone());
        let found = if *first == path.span { found } else { found.label(*first, other.clone()) };
        findings.add(found.help(format!(
            "a type handles one operation: give {address} one of its own (`handler: …`), or another name; what two of them have in \
             common is a function that both call"
        )));
    }
}
