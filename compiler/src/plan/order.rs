//! In which order a deployment starts: stores and bridges first, then units, those that are called before their
//! callers.

use std::collections::{HashMap, HashSet};

use super::deployment::{Route, Way};
use super::environment::Connection;
use super::unit::Unit;
use crate::topology::Purpose;

/// What starts when, the first one first. It stops in the reverse order.
pub(super) fn start(connections: &[Connection], units: &[Unit], routes: &[Route]) -> Vec<String> {
    // Secrets open the other doors, and handlers need their state before the first message arrives.
    const ORDER: [Purpose; 5] =
        [Purpose::SecretStore, Purpose::ConfigStore, Purpose::StateStore, Purpose::QueueBridge, Purpose::EventBridge];
    let connection = |purpose| connections.iter().find(|connection| connection.purpose == purpose);
    let connected = ORDER.into_iter().filter_map(connection);
    let connected = connected.map(|connection| format!("{} ({})", connection.purpose.key(), connection.adapter.name()));
    connected.chain(called_first(units, routes).into_iter().map(str::to_owned)).collect()
}

/// Units in the order of the document, except that a unit comes after those that it calls. Units that call each other
/// in a circle (which single calls may not, but units may) keep the document's order.
fn called_first<'a>(units: &'a [Unit], routes: &'a [Route]) -> Vec<&'a str> {
    let mut calls: HashMap<&str, Vec<&str>> = HashMap::new();
    for route in routes {
        if let Way::Bridge { units, .. } = &route.way {
            calls.entry(&route.unit).or_default().extend(units.iter().map(String::as_str));
        }
    }
    let mut order = Vec::with_capacity(units.len());
    let mut seen = HashSet::new();
    // Depth first without recursion: a chain of units may be as long as the document.
    let mut open: Vec<(&str, bool)> = units.iter().rev().map(|unit| (unit.name.as_str(), false)).collect();
    while let Some((unit, done)) = open.pop() {
        if done {
            order.push(unit);
        } else if seen.insert(unit) {
            open.push((unit, true));
            let called = calls.get(unit).map_or(&[][..], Vec::as_slice);
            open.extend(called.iter().rev().map(|called| (*called, false)));
        }
    }
    order
}
