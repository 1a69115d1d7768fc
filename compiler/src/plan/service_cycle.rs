//! Services that call each other in a circle, although no command waits for itself. Where one of them bounds how much
//! it does at a time, they may wait for each other; and none of them can be deployed before the others.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap, VecDeque};

use serde::Serialize;

use crate::topology::{Handler, Id as _, ServiceId, Topology};

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
    let mut ways = Ways::of(topology);
    let mut seen = BTreeSet::new();
    let mut cycles = Vec::new();
    for service in topology.services.ids() {
        let found = shortest_chain(topology, service, &mut work);
        let Some(steps) = found.or_else(|| ways.shortest(service, &mut work)) else { continue };
        let mut services: Vec<ServiceId> = steps.iter().map(|step| topology.service_of(step.caller)).collect();
        let chain = steps.windows(2).all(|pair| pair[0].callee == pair[1].caller);
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

fn cycle(topology: &Topology, steps: &[Step], chain: bool) -> ServiceCycle {
    let service = |handler: Handler| topology.service_address(topology.service_of(handler));
    let ends = steps.iter().map(|step| step.caller).chain(steps.last().map(|step| step.callee));
    ServiceCycle {
        services: ends.map(service).collect(),
        calls: steps.iter().map(|step| (topology.address(step.caller), topology.address(step.callee))).collect(),
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

/// A call of another service.
#[derive(Clone, Copy)]
struct Step {
    caller: Handler,
    callee: Handler,
}

/// The shortest way from a service over others back to it on which each step begins with the command that the one
/// before it calls.
fn shortest_chain(topology: &Topology, service: ServiceId, work: &mut usize) -> Option<Vec<Step>> {
    // By which call each handler was reached first.
    let mut reached: HashMap<Handler, Step> = HashMap::new();
    let mut open: VecDeque<Handler> = topology.services[service].handlers().collect();
    while let Some(caller) = open.pop_front() {
        let at = topology.service_of(caller);
        for edge in &topology.operation(caller).edges.invokes {
            *work = work.checked_sub(1)?;
            let callee = Handler::Command(edge.command.value);
            let to = topology.service_of(callee);
            let step = Step { caller, callee };
            if to == service && at != service {
                return Some(back(step, |step| reached.get(&step.caller).copied()));
            }
            if to != service
                && let Entry::Vacant(free) = reached.entry(callee)
            {
                free.insert(step);
                open.push_back(callee);
            }
        }
    }
    None
}

/// The ways between services, whichever of their handlers takes them.
struct Ways {
    /// Of each service, the first call of each other one.
    calls: Vec<Vec<(ServiceId, Step)>>,
    /// By which call each service is entered, while one looks for a way.
    entered: Vec<Option<(ServiceId, Step)>>,
}

impl Ways {
    fn of(topology: &Topology) -> Self {
        let calls = |service: ServiceId| {
            let mut calls: Vec<(ServiceId, Step)> = Vec::new();
            for caller in topology.services[service].handlers() {
                for edge in &topology.operation(caller).edges.invokes {
                    let callee = Handler::Command(edge.command.value);
                    let to = topology.service_of(callee);
                    if to != service && !calls.iter().any(|(known, _)| *known == to) {
                        calls.push((to, Step { caller, callee }));
                    }
                }
            }
            calls
        };
        let calls: Vec<_> = topology.services.ids().map(calls).collect();
        Self { entered: vec![None; calls.len()], calls }
    }

    /// The shortest way from a service over others back to it.
    fn shortest(&mut self, service: ServiceId, work: &mut usize) -> Option<Vec<Step>> {
        let mut open = vec![service];
        let last = self.search(service, &mut open, work);
        let steps = last.map(|(from, step)| {
            let mut at = from;
            back(step, |_| {
                let (from, step) = self.entered[at.index()]?;
                at = from;
                Some(step)
            })
        });
        for entered in open {
            self.entered[entered.index()] = None;
        }
        steps
    }

    /// The call by which a search that has begun at `service` comes back to it, with the service that it comes from.
    fn search(&mut self, service: ServiceId, open: &mut Vec<ServiceId>, work: &mut usize) -> Option<(ServiceId, Step)> {
        let mut next = 0;
        while let Some(&at) = open.get(next) {
            for &(to, step) in &self.calls[at.index()] {
                *work = work.checked_sub(1)?;
                if to == service {
                    return Some((at, step));
                }
                let entered = &mut self.entered[to.index()];
                if entered.is_none() {
                    *entered = Some((at, step));
                    open.push(to);
                }
            }
            next += 1;
        }
        None
    }
}

/// The way that ends with a step, from the step that led to each.
fn back(last: Step, mut before: impl FnMut(Step) -> Option<Step>) -> Vec<Step> {
    let mut steps = vec![last];
    let mut at = last;
    while let Some(step) = before(at) {
        steps.push(step);
        at = step;
    }
    steps.reverse();
    steps
}
