//! `timeout_inversion`: a caller that gives up while its callee may still be trying.

use std::collections::HashSet;
use std::time::Duration;

use super::Input;
use super::wording::{count, length, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::Handler;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut found = Vec::new();
    for handler in topology.handlers() {
        let operation = topology.operation(handler);
        let Some(patience) = operation.timeout else { continue };
        for edge in &operation.edges.invokes {
            let callee = &topology.commands[edge.command.value];
            let Some(timeout) = callee.operation.timeout else { continue };
            let retry = callee.retry.as_ref().map(|retry| retry.value);
            let attempts = retry.map_or(1, |retry| retry.attempts.value);
            let waits = retry.map_or(Duration::ZERO, |retry| retry.backoff.value.total(attempts));
            let needed = timeout.value.saturating_mul(attempts).saturating_add(waits);
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
                .label(edge.command.span, format!("for {to},"))
                .label(timeout.span, format!("which may take {} at each attempt", time(timeout.value)));
            if let Some(retry) = &callee.retry {
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

fn whole_seconds(duration: Duration) -> Duration {
    if duration < Duration::from_secs(1) {
        return duration;
    }
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}
