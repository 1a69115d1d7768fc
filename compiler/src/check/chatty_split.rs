//! `chatty_split`: two units that talk more to each other than among themselves.

use std::collections::{BTreeMap, HashMap};

use super::Input;
use super::flow::{Carried, Flow, between_units};
use super::placement::{Placed, Placement};
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Deployment, Handler, Pattern, Topology, UnitId};

/// Fewer calls than this are no talk: any split has some.
const LEAST: usize = 3;
pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    for placement in &input.placements {
        if placement.deployment.pattern.value == Pattern::Microservices {
            let mut pairs: BTreeMap<(UnitId, UnitId), Vec<Flow>> = BTreeMap::new();
            for flow in between_units(input.topology, placement) {
                if matches!(flow.carried, Carried::Call) {
                    let pair = (flow.sender.min(flow.receiver), flow.sender.max(flow.receiver));
                    pairs.entry(pair).or_default().push(flow);
                }
            }
            let units: HashMap<UnitId, (&Placed<'_>, usize)> = placement
                .units
                .iter()
                .map(|placed| (placed.id, (placed, within(input.topology, placement, placed))))
                .collect();
            for ((one, other), calls) in pairs {
                let (one, other) = (units[&one], units[&other]);
                if calls.len() >= LEAST && calls.len() > one.1 + other.1 {
                    findings.add(finding(
                        input.topology,
                        placement.deployment,
                        (one.0, other.0),
                        &calls,
                        one.1 + other.1,
                    ));
                }
            }
        }
    }
}

/// How many calls stay within a unit.
fn within(topology: &Topology, placement: &Placement<'_>, placed: &Placed<'_>) -> usize {
    let edges = placed.handlers.iter().flat_map(|handler| &topology.operation(*handler).edges.invokes);
    edges.filter(|edge| placement.runs(placed.id, Handler::Command(edge.command.value))).count()
}

fn finding(
    topology: &Topology,
    deployment: &Deployment,
    (one, other): (&Placed<'_>, &Placed<'_>),
    calls: &[Flow],
    within: usize,
) -> Diagnostic {
    let (left, right) = (&one.unit.name.value, &other.unit.name.value);
    let deployment = &deployment.name.value;
    let message = format!(
        "the units `{left}` and `{right}` of `{deployment}` make {} calls to each other, and {} within",
        calls.len(),
        if within == 0 { "none".to_owned() } else { within.to_string() }
    );
    let mut found = Diagnostic::warning("chatty_split", message).label(one.unit.name.span, "this unit");
    if other.unit.name.span != one.unit.name.span {
        found = found.label(other.unit.name.span, "and this one");
    }
    for call in calls.iter().take(SHOWN) {
        let (from, to) = (topology.address(call.from), topology.address(call.to));
        found = found.label(call.span, format!("{from} → {to}: a request over the bridge"));
    }
    let services = one.unit.services.iter().chain(other.unit.services.iter());
    let services: Vec<String> = services.map(|service| topology.service_address(service.value)).collect();
    found.help(format!(
        "put them into one unit, `units: {{ …, {left}: [{}] }}`: that makes plain function calls of {} requests over the bridge",
        services.join(", "),
        calls.len()
    ))
}
