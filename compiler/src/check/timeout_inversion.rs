//! `timeout_inversion`: a caller that gives up while its callee may still be trying.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use super::Input;
use super::wording::{count, length, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Command, CommandId, Handler, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut needs = Needs { topology, known: HashMap::new() };
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
                let (attempts, waits) = repeats(callee);
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

/// How long a command may take.
#[derive(Clone, Copy)]
struct Need {
    /// At each attempt.
    each: Duration,
    /// With all attempts, and the waits between them.
    all: Duration,
    /// Whose time-out that is: its own, or that of what it waits for.
    from: CommandId,
}

/// How long commands may take, each looked at once.
struct Needs<'t> {
    topology: &'t Topology,
    known: HashMap<CommandId, Option<Need>>,
}

impl Needs<'_> {
    /// How long a command may take; nothing where it has no time-out, and waits for nothing that has. One without waits at least
    /// for the slowest that it invokes.
    fn of(&mut self, command: CommandId) -> Option<Need> {
        let mut open = vec![command];
        while let Some(next) = open.last().copied() {
            if self.known.get(&next).is_some_and(Option::is_some) {
                open.pop();
                continue;
            }
            let callee = &self.topology.commands[next];
            let invoked = || callee.operation.edges.invokes.iter().map(|edge| edge.command.value);
            let own = callee.operation.timeout.map(|timeout| (timeout.value, next));
            if own.is_none() && !self.known.contains_key(&next) {
                // In a circle of calls, one that is under way counts for nothing: invoke_cycle has said so.
                self.known.insert(next, None);
                let unknown: Vec<CommandId> = invoked().filter(|id| !self.known.contains_key(id)).collect();
                if !unknown.is_empty() {
                    open.extend(unknown);
                    continue;
                }
            }
            let slowest = || {
                let needs = invoked().filter_map(|id| self.known.get(&id).copied().flatten());
                needs.max_by_key(|need| need.all).map(|need| (need.all, need.from))
            };
            let (attempts, waits) = repeats(callee);
            let need = own.or_else(slowest).map(|(each, from)| {
                let all = each.saturating_mul(attempts).saturating_add(waits);
                Need { each, all, from }
            });
            self.known.insert(next, need);
            open.pop();
        }
        self.known.get(&command).copied().flatten()
    }
}

/// How often a command is tried, and how long the waits are in all.
fn repeats(command: &Command) -> (u32, Duration) {
    let retry = command.retry.as_ref().map(|retry| retry.value);
    let attempts = retry.map_or(1, |retry| retry.attempts.value);
    (attempts, retry.map_or(Duration::ZERO, |retry| retry.backoff.value.total(attempts)))
}

fn whole_seconds(duration: Duration) -> Duration {
    if duration < Duration::from_secs(1) {
        return duration;
    }
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
}
