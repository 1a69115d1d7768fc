//! `edge_offline`: a device that has nowhere to keep its messages while it is offline, or not enough room.

use std::collections::HashSet;
use std::time::Duration;

use pontoon_schema::document::Rate;

use super::Input;
use super::placement::Placed;
use super::wording::{SHOWN, length, listed, size, time};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Deployment, Located, Pattern, Topology};

/// What a message takes where the topology does not say: a small reading with its metadata.
const ASSUMED_SIZE: u64 = 200;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for placement in &input.placements {
        if placement.deployment.pattern.value == Pattern::Edge {
            let units = placement.units.iter();
            findings.extend(units.filter_map(|placed| finding(input.topology, placement.deployment, placed)));
        }
    }
}

/// What a unit sends: an event or a queue, each once.
struct Sent<'a> {
    name: &'a str,
    edge: Span,
    rate: Option<Located<Rate>>,
    size: u64,
}

fn sent<'a>(topology: &'a Topology, placed: &Placed<'_>) -> Vec<Sent<'a>> {
    let (mut sent, mut seen) = (Vec::new(), HashSet::new());
    for edges in placed.handlers.iter().map(|handler| &topology.operation(*handler).edges) {
        for edge in &edges.emits {
            let event = &topology.events[edge.value];
            if seen.insert(&event.name.value) {
                let size = event.size.map_or(ASSUMED_SIZE, |size| size.value);
                sent.push(Sent { name: &event.name.value, edge: edge.span, rate: event.rate, size });
            }
        }
        for edge in &edges.enqueues {
            let queue = &topology.queues[edge.value];
            if seen.insert(&queue.name.value) {
                let size = queue.size.map_or(ASSUMED_SIZE, |size| size.value);
                sent.push(Sent { name: &queue.name.value, edge: edge.span, rate: queue.rate, size });
            }
        }
    }
    sent
}

fn finding(topology: &Topology, deployment: &Deployment, placed: &Placed<'_>) -> Option<Diagnostic> {
    let sent = sent(topology, placed);
    let first = sent.first()?;
    let (name, unit) = (&deployment.name.value, &placed.unit.name.value);
    let names = || listed(sent.iter().map(|sent| format!("`{}`", sent.name)));
    let Some(buffer) = deployment.outbox else {
        let message = format!("the unit `{unit}` of `{name}` has nowhere to keep {} while it is offline", names());
        return Some(
            Diagnostic::warning("edge_offline", message)
                .label(placed.unit.name.span, "runs on the device")
                .label(first.edge, "sends this, also when the broker cannot be reached")
                .label(deployment.pattern.span, "devices are offline at times")
                .help(format!(
                    "write `outbox: {{ bound: 64MiB, when_full: drop_oldest }}` and `offline: 8h` on `{name}`"
                )),
        );
    };
    let offline = deployment.offline?;
    let milliseconds = u64::try_from(offline.value.as_millis()).unwrap_or(u64::MAX);
    let gathered = sent
        .iter()
        .filter_map(|sent| Some(u128::from(sent.rate?.value.within_millis(milliseconds)) * u128::from(sent.size)));
    let needed: u128 = gathered.sum();
    let bound = buffer.value.bound;
    if needed <= u128::from(bound.value) {
        return None;
    }
    let full = u128::from(milliseconds) * u128::from(bound.value) / needed;
    let full = Duration::from_secs(u64::try_from(full / 1_000).unwrap_or(u64::MAX));
    let needed = u64::try_from(needed.next_multiple_of(1 << 20)).unwrap_or(u64::MAX);
    let message = format!(
        "the unit `{unit}` of `{name}` gathers {} in {}, and has room for {}",
        size(needed),
        time(offline.value),
        size(bound.value)
    );
    let mut found = Diagnostic::warning("edge_offline", message)
        .label(bound.span, format!("full after {}", length(full)))
        .label(offline.span, "so long it has to do without the broker");
    for sent in sent.iter().take(SHOWN) {
        if let Some(rate) = sent.rate {
            found = found.label(rate.span, format!("`{}`, of {} each", sent.name, size(sent.size)));
        }
    }
    Some(found.help(format!("write `bound: {}` or more, or send less often", size(needed))))
}
