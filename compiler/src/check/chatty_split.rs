//! `chatty_split`: a deployment whose services, put together otherwise, would make far fewer requests over the bridge.

mod grouping;

use super::Input;
use super::wording::SHOWN;
use crate::diagnostic::{Diagnostic, Findings};
use crate::graph::Loads;
use crate::topology::{Deployment, Located, Pattern, ServiceId, Topology};

use self::grouping::Grouping;

/// Another grouping has to save at least one of so many requests: there is always a reason for what is.
const WORTHWHILE: f64 = 3.0;

/// Fewer calls between units than this are no talk: any split has some.
const LEAST: usize = 3;

/// In a deployment of more services nothing is tried: each would be held against each.
const MOST: usize = 300;

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let apart = |deployment: &&Deployment| deployment.pattern.value == Pattern::Microservices;
    let deployments: Vec<&Deployment> = topology.deployments.values().filter(apart).collect();
    if deployments.is_empty() {
        return;
    }
    let loads = Loads::of(topology);
    findings.extend(deployments.into_iter().filter_map(|deployment| finding(topology, deployment, &loads)));
}

fn finding(topology: &Topology, deployment: &Deployment, loads: &Loads) -> Option<Diagnostic> {
    let units: Vec<&[Located<ServiceId>]> =
        deployment.units.iter().map(|unit| &*topology.units[*unit].services).collect();
    // With one service in each unit there is nothing to move.
    let services: usize = units.iter().map(|unit| unit.len()).sum();
    if services > MOST || units.iter().all(|unit| unit.len() < 2) {
        return None;
    }
    let now = Grouping::new(topology, &units, loads);
    let (before, crossing) = (now.requests(), now.crossing());
    let (better, moved) = now.improved();
    let after = better.requests();
    if crossing < LEAST || before - after < before / WORTHWHILE {
        return None;
    }
    let (name, unit) = (&deployment.name, |index: usize| &topology.units[deployment.units[index]].name.value);
    let message = format!(
        "grouped otherwise, the units of `{}` would make {} requests in place of {}",
        name.value,
        amount(after),
        amount(before)
    );
    let mut found = Diagnostic::warning("chatty_split", message).label(name.span, "grouped here");
    for (service, to) in moved.iter().take(SHOWN) {
        let address = topology.service_address(service.value);
        found = found.label(service.span, format!("{address} talks more to those in `{}`", unit(*to)));
    }
    let changed = better.units().enumerate().filter(|(index, services)| {
        let mut had: Vec<ServiceId> = units[*index].iter().map(|service| service.value).collect();
        had.sort_unstable();
        had != *services
    });
    let changed: Vec<String> = changed
        .map(|(index, services)| {
            let services: Vec<String> = services.iter().map(|id| topology.service_address(*id)).collect();
            format!("{}: [{}]", unit(index), services.join(", "))
        })
        .collect();
    let others = if changed.len() < units.len() { ", …" } else { "" };
    Some(found.help(format!(
        "`units: {{ {}{others} }}` makes plain calls of the others; what is called from outside counts once a second, unless a \
         `rate:` is declared",
        changed.join(", ")
    )))
}

/// A number of requests, as short as it can be said.
fn amount(requests: f64) -> String {
    if requests >= 10.0 || requests.fract() == 0.0 { format!("{requests:.0}") } else { format!("{requests:.1}") }
}
