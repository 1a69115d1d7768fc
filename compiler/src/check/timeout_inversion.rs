//! `timeout_inversion`: a caller that gives up while its callee may still be trying.

use std::collections::HashSet;

use super::Input;
use super::wording::{count, length, time, whole_seconds};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Need, Needs};
use crate::source::Span;
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut needs = Needs::new(topology);
    let mut found = Vec::new();
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let Some(patience) = operation.timeout else { continue };
        for edge in &operation.edges.invokes {
            let callee = &topology.commands[edge.command.value];
            let Some(Need { each, all: needed, from: limit }) = needs.of(edge.command.value) else { continue };
            if patience.value >= needed {
                continue;
            }
            let (from, to) = (topology.address(handler), topology.address(Handler::Command(edge.command.value)));
            let message = format!(
                "{from} gives up after {}, while {to} may still answer after {}",
                time(patience.value),
                length(needed)
            );
            let mut finding = Diagnostic::error("timeout_inversion", message)
                .label(patience.span, format!("{from} waits {}", time(patience.value)))
                .label(edge.command.span, format!("for {to},"));
            finding = if limit == edge.command.value {
                let timeout = callee.operation.timeout.map_or(edge.command.span, |timeout| timeout.span);
                finding.label(timeout, format!("which may take {} at each attempt", time(each)))
            } else {
                let last = &topology.commands[limit].operation;
                let through = topology.address(Handler::Command(limit));
                let span = last.timeout.map_or(last.name.span, |timeout| timeout.span);
                finding
                    .label(callee.operation.name.span, format!("which has no time-out, and waits for {through},"))
                    .label(span, format!("which may take {}", length(each)))
            };
            if let Some(retry) = &callee.retry {
                let (attempts, waits) = callee.repeats();
                let text = format!(
                    "and has {}, with {} between them",
                    count(attempts as usize, "attempt", "attempts"),
                    length(waits)
                );
                finding = finding.label(retry.span, text);
            }
            let finding = finding.help(format!(
                "write `timeout: {}` or more on {from}, or give {to} less time or fewer attempts",
                time(whole_seconds(needed))
            ));
            found.push((edge.command.span, finding));
        }
    }
    if !found.is_empty() {
        // In a circle of calls some caller always gives up too early: invoke_cycle has said so.
        let circles = input.graph.invoke_cycles();
        let circular: HashSet<Span> = circles.iter().flatten().map(|step| step.span).collect();
        let elsewhere = found.into_iter().filter(|(edge, _)| !circular.contains(edge));
        findings.extend(elsewhere.map(|(_, finding)| finding));
    }
}
