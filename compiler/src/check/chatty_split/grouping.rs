//! Services in units, the requests between them, and a grouping with fewer of them: moved and swapped, each time what
//! saves most, until nothing saves any more.

use std::collections::HashMap;

use crate::graph::Loads;
use crate::topology::{Handler, Located, ServiceId, Topology};

/// Less is nothing: what sums of rates differ by.
const NOTHING: f64 = 1e-9;

/// Which services are together in one unit.
#[derive(Clone)]
pub(super) struct Grouping {
    services: Vec<Located<ServiceId>>,
    /// The unit of each service.
    unit: Vec<usize>,
    /// How many services each unit has.
    sizes: Vec<usize>,
    /// How many services a unit has at most: no unit grows beyond the largest that there was.
    largest: usize,
    /// How many requests in a second two services make to each other, one row for each service.
    between: Vec<Vec<f64>>,
    /// Pairs of a caller and a callee in two services.
    calls: Vec<(usize, usize)>,
}

/// What can be done, with the services by their places.
#[derive(Clone, Copy)]
enum Step {
    Move(usize, usize),
    Swap(usize, usize),
}

impl Grouping {
    pub(super) fn new(topology: &Topology, units: &[&[Located<ServiceId>]], loads: &Loads) -> Self {
        let placed = units.iter().enumerate().flat_map(|(unit, services)| services.iter().map(move |it| (*it, unit)));
        let (services, unit): (Vec<Located<ServiceId>>, Vec<usize>) = placed.unzip();
        let index: HashMap<ServiceId, usize> =
            services.iter().enumerate().map(|(index, service)| (service.value, index)).collect();
        let sizes: Vec<usize> = units.iter().map(|unit| unit.len()).collect();
        let largest = sizes.iter().copied().max().unwrap_or_default();
        let (mut between, mut calls) = (vec![vec![0.0; services.len()]; services.len()], Vec::new());
        for handler in services.iter().flat_map(|service| topology.services[service.value].handlers()) {
            let from = index[&topology.service_of(handler)];
            for edge in &topology.operation(handler).edges.invokes {
                let callee = topology.service_of(Handler::Command(edge.command.value));
                let Some(to) = index.get(&callee).copied().filter(|to| *to != from) else { continue };
                let requests = loads.rate(handler) * f64::from(edge.calls);
                between[from][to] += requests;
                between[to][from] += requests;
                calls.push((from, to));
            }
        }
        Self { services, unit, sizes, largest, between, calls }
    }

    /// How many calls of the topology go from one unit to another.
    pub(super) fn crossing(&self) -> usize {
        self.calls.iter().filter(|(from, to)| self.unit[*from] != self.unit[*to]).count()
    }

    /// How many requests in a second go from one unit to another.
    pub(super) fn requests(&self) -> f64 {
        let pairs = (0..self.services.len()).flat_map(|one| (0..one).map(move |other| (one, other)));
        let apart = pairs.filter(|(one, other)| self.unit[*one] != self.unit[*other]);
        apart.map(|(one, other)| self.between[one][other]).sum()
    }

    /// The services of each unit.
    pub(super) fn units(&self) -> impl Iterator<Item = Vec<ServiceId>> + '_ {
        (0..self.sizes.len()).map(|unit| {
            let services = self.services.iter().zip(&self.unit).filter(|(_, of)| **of == unit);
            let mut services: Vec<ServiceId> = services.map(|(service, _)| service.value).collect();
            services.sort_unstable();
            services
        })
    }

    /// A grouping with fewer requests, and the services that are in another unit then.
    pub(super) fn improved(&self) -> (Self, Vec<(Located<ServiceId>, usize)>) {
        let mut better = self.clone();
        // Each step saves something, so it ends; a step for each service is more than anybody follows.
        for _ in 0..self.services.len() {
            let Some(step) = better.best() else { break };
            match step {
                Step::Move(service, to) => better.put(service, to),
                Step::Swap(one, other) => {
                    let (here, there) = (better.unit[one], better.unit[other]);
                    better.put(one, there);
                    better.put(other, here);
                }
            }
        }
        let moved = (0..self.services.len()).filter(|index| self.unit[*index] != better.unit[*index]);
        let moved = moved.map(|index| (self.services[index], better.unit[index])).collect();
        (better, moved)
    }

    fn put(&mut self, service: usize, unit: usize) {
        self.sizes[self.unit[service]] -= 1;
        self.sizes[unit] += 1;
        self.unit[service] = unit;
    }

    /// The step that saves most; nothing where none saves anything. No unit is left empty.
    fn best(&self) -> Option<Step> {
        let count = self.services.len();
        // How many requests each service makes with each unit.
        let mut with = vec![vec![0.0; self.sizes.len()]; count];
        for (service, row) in with.iter_mut().enumerate() {
            for other in 0..count {
                row[self.unit[other]] += self.between[service][other];
            }
        }
        let gain = |service: usize, to: usize| with[service][to] - with[service][self.unit[service]];
        let moves = (0..count).flat_map(|service| (0..self.sizes.len()).map(move |to| (service, to)));
        let moves = moves.filter(|(service, to)| {
            self.unit[*service] != *to && self.sizes[self.unit[*service]] > 1 && self.sizes[*to] < self.largest
        });
        let moves = moves.map(|(service, to)| (gain(service, to), Step::Move(service, to)));
        let swaps = (0..count).flat_map(|one| (0..one).map(move |other| (one, other)));
        let swaps = swaps.filter(|(one, other)| self.unit[*one] != self.unit[*other]);
        let swaps = swaps.map(|(one, other)| {
            let both = gain(one, self.unit[other]) + gain(other, self.unit[one]);
            (both - 2.0 * self.between[one][other], Step::Swap(one, other))
        });
        let saving = moves.chain(swaps).filter(|(gain, _)| *gain > NOTHING);
        saving.reduce(|best, next| if next.0 > best.0 + NOTHING { next } else { best }).map(|(_, step)| step)
    }
}
