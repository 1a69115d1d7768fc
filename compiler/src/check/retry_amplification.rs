//! `retry_amplification`: attempts that multiply along a chain of calls.

use super::Input;
use super::wording::{SHOWN, count};
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::{Amplified, Node};
use crate::source::Span;
use crate::topology::{Handler, Located, Topology};

/// More runs than this for one message are too many.
const LIMIT: u32 = 10;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // Many attempts of one handler alone are somebody's decision: only their product with others is found.
    let capped = |handler| attempts(topology, handler).map_or(1, |attempts| attempts.value.min(LIMIT));
    let amplified = input.graph.amplified(u64::from(LIMIT), capped);
    findings.extend(amplified.iter().map(|amplified| finding(topology, amplified)));
}

/// How often a handler is tried, and where that is said.
fn attempts(topology: &Topology, handler: Handler) -> Option<Located<u32>> {
    match handler {
        Handler::Command(id) => topology.commands[id].retry.as_ref().map(|retry| retry.value.attempts),
        Handler::Subscription(id) => Some(topology.subscriptions[id].attempts),
        Handler::Worker(id) => Some(topology.queues[topology.workers[id].queue.value].attempts),
        Handler::Schedule(_) => None,
    }
}

fn finding(topology: &Topology, amplified: &Amplified) -> Diagnostic {
    let first = amplified.calls.first().and_then(|step| match step.from {
        Node::Handler(handler) => Some((handler, None)),
        _ => None,
    });
    let rest = amplified.calls.iter().filter_map(|step| match step.to {
        Node::Handler(handler) => Some((handler, Some(step.span))),
        _ => None,
    });
    let path: Vec<(Handler, Option<Span>)> = first.into_iter().chain(rest).collect();
    let factors = path.iter().map(|(handler, _)| u64::from(attempts(topology, *handler).map_or(1, |it| it.value)));
    let factors: Vec<u64> = factors.collect();
    let product = factors.iter().fold(1_u64, |product, factor| product.saturating_mul(*factor));
    let last = topology.address(Handler::Command(amplified.command));
    let several: Vec<String> = factors.iter().filter(|factor| **factor > 1).map(u64::to_string).collect();
    let message =
        format!("one message may run {last} {product} times: {}", several[..several.len().min(SHOWN)].join(" × "));
    let mut found = Diagnostic::warning("retry_amplification", message);
    for (handler, edge) in path.into_iter().take(SHOWN) {
        let address = topology.address(handler);
        if let Some(attempts) = attempts(topology, handler).filter(|attempts| attempts.value > 1) {
            let times = count(attempts.value as usize, "attempt", "attempts");
            let text = match edge {
                None => format!("{address} makes {times},"),
                Some(_) => format!("{times} at {address} for each of those"),
            };
            found = found.label(attempts.span, text);
        }
        if let Some(span) = edge {
            found = found.label(span, format!("each of which invokes {address}"));
        }
    }
    found.help(format!(
        "try again in one place of this chain: take `retry:` out of {last}, or lower the attempts of those before it"
    ))
}
