//! Services that call each other in a circle, although no command waits for itself. Where one of them bounds how much
//! it does at a time, they may wait for each other; and none of them can be deployed before the others.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};

use serde::Serialize;

use crate::topology::{Handler, ServiceId, Topology};

/// So many calls are looked at in all: who has more has generated them.
const WORK: usize = 1_000_000;

/// Services that call each other in a circle.
#[derive(Clone, Debug, Serialize)]
pub struct ServiceCycle {
    /// The services, each of which calls the next; the last one is the first again.
    pub services: Vec<String>,
    /// A call for each step: its caller and its callee.
    pub calls: Vec<(String, String)>,
    /// Whether they are one chain: each waits for the next, so that the first waits for itself.
    pub chain: bool,
}

/// The shortest circle of each service that is in one; the same services once.
pub(super) fn cycles(topology: &Topology) -> Vec<ServiceCycle> {
    let mut work = WORK;
    let mut seen = BTreeSet::new();
    let mut cycles = Vec::new();
    for service in topology.services.ids() {
        let found = shortest(topology, service, true, &mut work);
        let Some(steps) = found.or_else(|| shortest(topology, service, false, &mut work)) else { continue };
        let mut services: Vec<ServiceId> = steps.iter().map(|(caller, _)| topology.service_of(*caller)).collect();
        let chain = steps.windows(2).all(|pair| pair[0].1 == pair[1].0);
        services.sort_unstable();
        if seen.insert((services, chain)) {
            cycles.push(cycle(topology, &steps, chain));
        }
    }
    // What is a chain says more than the same services without one.
    let chains: BTreeSet<Vec<String>> = cycles.iter().filter(|cycle| cycle.chain).map(ServiceCycle::members).collect();
    cycles.retain(|cycle| cycle.chain || !chains.contains(&cycle.members()));
    cycles
}

fn cycle(topology: &Topology, steps: &[(Handler, Handler)], chain: bool) -> ServiceCycle {
    let service = |handler: Handler| topology.service_address(topology.service_of(handler));
    let ends = steps.iter().map(|(caller, _)| *caller).chain(steps.last().map(|(_, callee)| *callee));
    ServiceCycle {
        services: ends.map(service).collect(),
        calls: steps.iter().map(|(caller, callee)| (topology.address(*caller), topology.address(*callee))).collect(),
        chain,
    }
}

impl ServiceCycle {
    fn members(&self) -> Vec<String> {
        let mut members = self.services.clone();
        members.sort_unstable();
        members.dedup();
        members
    }
}

/// The shortest way from a service over others back to it, as calls. Of a chain, each step begins with the command that
/// the one before it calls; otherwise any handler of the same service may take the next.
fn shortest(topology: &Topology, service: ServiceId, chain: bool, work: &mut usize) -> Option<Vec<(Handler, Handler)>> {
    // By which call each handler was reached first.
    let mut reached: HashMap<Handler, (Handler, Handler)> = HashMap::new();
    let mut entered: BTreeSet<ServiceId> = BTreeSet::new();
    let mut open: VecDeque<Handler> = topology.services[service].handlers().collect();
    while let Some(caller) = open.pop_front() {
        let at = topology.service_of(caller);
        for edge in &topology.operation(caller).edges.invokes {
            *work = work.checked_sub(1)?;
            let callee = Handler::Command(edge.command.value);
            let to = topology.service_of(callee);
            if to == at && (at == service || !chain) {
                continue;
            }
            if to == service {
                return Some(steps(topology, service, &reached, caller, callee));
            }
            let next: Vec<Handler> = match chain {
                true => vec![callee],
                false if entered.insert(to) => topology.services[to].handlers().collect(),
                false => Vec::new(),
            };
            for handler in next {
                if let Entry::Vacant(free) = reached.entry(handler) {
                    free.insert((caller, callee));
                    open.push_back(handler);
                }
            }
        }
    }
    None
}

fn steps(
    topology: &Topology,
    service: ServiceId,
    reached: &HashMap<Handler, (Handler, Handler)>,
    caller: Handler,
    callee: Handler,
) -> Vec<(Handler, Handler)> {
    let mut steps = vec![(caller, callee)];
    let mut at = caller;
    while topology.service_of(at) != service
        && let Some(step) = reached.get(&at)
    {
        steps.push(*step);
        at = step.0;
    }
    steps.reverse();
    steps
}
