//! `lost_update`: a handler that reads state and writes it whatever is there, while another run does the same.

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for handler in topology.handlers().filter(|handler| !runs_alone(topology, *handler)) {
        let edges = &topology.operation(handler).edges;
        let address = topology.address(handler);
        for write in &edges.writes {
            let mut read = edges.reads.iter().chain(&edges.updates).filter(|read| read.value == write.value);
            let Some(read) = read.next() else { continue };
            let name = &topology.states[write.value].name.value;
            let found = Diagnostic::warning(
                "lost_update",
                format!(
                    "{address} reads `{name}` and writes it whatever is there by then: what another run has written is lost"
                ),
            );
            findings.add(
                found
                    .label(read.span, "what is read here …")
                    .label(write.span, "… may be another by the time this is written")
                    .help(format!(
                        "write `updates: [{name}]` on {address} in place of both, and `.update(&key, |old| …)` in the handler, which \
                         begins again where another run was faster; where nothing it writes depends on what it reads, say \
                         so: allow: [{{ rule: lost_update, at: …, reason: … }}]"
                    )),
            );
        }
    }
}

/// Whether no other run of a handler is under way while it runs, in whatever instance.
fn runs_alone(topology: &Topology, handler: Handler) -> bool {
    let Handler::Subscription(id) = handler else { return false };
    topology.subscriptions[id].ordered.as_ref().is_some_and(|ordered| ordered.value.key.is_none())
}
