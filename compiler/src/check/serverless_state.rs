//! `serverless_state`: state or jobs in the memory of a function, which is gone after the request.

use std::collections::HashSet;

use pontoon_schema::capability::STATE_STORES;

use super::Input;
use super::wording::either;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Connection, Environment, Pattern};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    let mut seen = HashSet::new();
    for placement in &input.placements {
        if placement.deployment.pattern.value != Pattern::Serverless {
            continue;
        }
        for environment in placement.environments().filter(|environment| environment.is_hard()) {
            for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
                let (edges, address) = (&topology.operation(*handler).edges, topology.address(*handler));
                let mut check = |connection: &Option<Connection>,
                                 forgets: fn(&Connection) -> bool,
                                 span,
                                 what: &str| {
                    let Some(connection) = connection.as_ref().filter(|connection| forgets(connection)) else { return };
                    if seen.insert((span, connection.adapter.span)) {
                        findings.add(finding(environment, connection, span, what));
                    }
                };
                for edge in edges.states() {
                    let name = &topology.states[edge.value].name.value;
                    check(&environment.state_store, forgets_state, edge.span, &format!("{address} keeps `{name}`"));
                }
                for edge in &edges.enqueues {
                    let name = &topology.queues[edge.value].name.value;
                    let what = format!("{address} puts jobs into `{name}`");
                    check(&environment.queue_bridge, forgets_jobs, edge.span, &what);
                }
            }
        }
    }
}

fn forgets_state(connection: &Connection) -> bool {
    connection.state_store().is_some_and(|store| !store.crosses_processes)
}

fn forgets_jobs(connection: &Connection) -> bool {
    connection.stays_in_process()
}

fn finding(environment: &Environment, connection: &Connection, span: Span, what: &str) -> Diagnostic {
    let (name, adapter) = (&environment.name.value, connection.name());
    let stores = STATE_STORES.iter().filter(|store| store.crosses_processes).map(|store| store.adapter.name());
    Diagnostic::error(
        "serverless_state",
        format!("{what} in a function, and in `{name}` that is the function's own memory"),
    )
    .label(span, what)
    .label(
        connection.adapter.span,
        format!("`{adapter}`: the next request may find another process, and nothing in it"),
    )
    .label(environment.name.span, "not `ephemeral`: losing data matters here")
    .help(format!(
        "use a store that other processes see, such as {} (jobs: `redis` or `nats`), or write `ephemeral: true` if \
             losing data is acceptable in `{name}`",
        either(stores.map(|name| format!("`{name}`")))
    ))
}
