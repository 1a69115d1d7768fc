//! `store_capability`: something that a state collection or a schedule needs and the environment's store cannot do.

use std::collections::HashSet;

use pontoon_schema::capability::{STATE_STORES, StateStore};
use pontoon_schema::document::StateNeed;

use super::Input;
use super::wording::{either, size};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Connection, Environment, Handler, State, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // An inherited store is one place in the file: what it lacks is said once.
    let mut seen = HashSet::new();
    for placement in &input.placements {
        let handlers: Vec<Handler> =
            placement.units.iter().flat_map(|placed| placed.handlers.iter().copied()).collect();
        for environment in placement.environments() {
            for handler in &handlers {
                let edges = &topology.operation(*handler).edges;
                for edge in edges.states() {
                    let state = &topology.states[edge.value];
                    let Some(store) = &environment.state_store else {
                        if seen.insert((environment.name.span, environment.name.span, "state_store")) {
                            let what = format!(
                                "{} needs the state collection `{}`",
                                topology.address(*handler),
                                state.name.value
                            );
                            findings.add(absent(environment, "state_store", &what, edge.span));
                        }
                        continue;
                    };
                    let Some(known) = store.state_store() else { continue };
                    for need in needs(state).filter(|need| !(need.met)(known, need.least)) {
                        if seen.insert((need.span, store.adapter.span, need.what)) {
                            findings.add(need.unmet(state, environment, store));
                        }
                    }
                }
                if environment.state_store.is_none()
                    && let Some((span, what)) = of_schedule(topology, *handler)
                    && seen.insert((environment.name.span, environment.name.span, "state_store"))
                {
                    findings.add(absent(environment, "state_store", &what, span));
                }
                if environment.secret_store.is_none() {
                    for secret in topology.secrets_of(*handler) {
                        if seen.insert((environment.name.span, environment.name.span, "secret_store")) {
                            let name = &topology.secrets[secret.value].name.value;
                            let what = format!("{} needs the secret `{name}`", topology.address(*handler));
                            findings.add(absent(environment, "secret_store", &what, secret.span));
                        }
                    }
                }
            }
        }
    }
}

/// What a schedule keeps in the state store, and where that is said.
fn of_schedule(topology: &Topology, handler: Handler) -> Option<(Span, String)> {
    let Handler::Schedule(id) = handler else { return None };
    let (schedule, address) = (&topology.schedules[id], topology.address(handler));
    if schedule.single.value {
        return Some((schedule.single.span, format!("{address} needs a lease that all instances see")));
    }
    schedule.makes_up().then(|| (schedule.missed.span, format!("{address} needs to know when it last ran")))
}

/// One thing that a store has to be able to do.
struct Need {
    span: Span,
    /// `lists keys by how they begin`
    what: &'static str,
    met: fn(&StateStore, u64) -> bool,
    /// The bytes that have to fit, where it is about sizes.
    least: u64,
}

fn needs(state: &State) -> impl Iterator<Item = Need> {
    let ttl = state.ttl.map(|ttl| Need {
        span: ttl.span,
        what: "lets values go after a time",
        met: |store, _| store.ttl,
        least: 0,
    });
    let size = state.size.map(|size| Need {
        span: size.span,
        what: "holds values of this size",
        met: |store, least| store.largest_value >= least,
        least: size.value,
    });
    let named = state.needs.iter().map(|need| {
        let (what, met): (_, fn(&StateStore, u64) -> bool) = match need.value {
            StateNeed::Etags => ("replaces a value only if nobody else has", |store, _| store.etags),
            StateNeed::Transactions => ("changes several values together", |store, _| store.transactions),
            StateNeed::PrefixListing => ("lists keys by how they begin", |store, _| store.prefix_listing),
        };
        Need { span: need.span, what, met, least: 0 }
    });
    ttl.into_iter().chain(size).chain(named)
}

impl Need {
    fn unmet(&self, state: &State, environment: &Environment, connection: &Connection) -> Diagnostic {
        let (of, name, what) = (&state.name.value, &environment.name.value, self.what);
        let limit = if self.least > 0 { format!(" ({})", size(self.least)) } else { String::new() };
        let fit = STATE_STORES.iter().filter(|store| (self.met)(store, self.least));
        let fit = either(fit.map(|store| format!("`{}`", store.adapter.name())));
        let message = format!("`{of}` needs a store that {what}{limit}: the state_store of `{name}` does not");
        Diagnostic::error("store_capability", message)
            .label(self.span, format!("`{of}` needs a store that {what}"))
            .label(connection.adapter.span, format!("in `{name}`, `{}` does not", connection.name()))
            .help(format!("let the state_store of `{name}` be {fit}, or let `{of}` do without"))
    }
}

fn absent(environment: &Environment, key: &str, what: &str, span: Span) -> Diagnostic {
    let name = &environment.name.value;
    let example = if key == "state_store" { "in_memory" } else { "env" };
    Diagnostic::error("store_capability", format!("{what}, and `{name}` has no {key}"))
        .label(span, what.to_owned())
        .label(environment.name.span, format!("`{name}` has no `{key}:`"))
        .help(format!("add one to `{name}`, such as `{key}: {example}`"))
}
