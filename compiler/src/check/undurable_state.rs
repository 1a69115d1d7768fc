//! `undurable_state`: what handlers keep, in a store that forgets, where losing data matters.

use std::collections::BTreeMap;

use pontoon_schema::capability::STATE_STORES;

use super::Input;
use super::wording::{SHOWN, count, either, listed};
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Environment, Handler, Pattern, Topology};

/// What is lost with a store, or for want of one.
#[derive(Default)]
struct Lost<'a> {
    environments: Vec<&'a Environment>,
    /// Where something is kept, with what that is.
    kept: BTreeMap<Span, String>,
}

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    // By the store as it is written, or by the environment that has none: environments that inherit a store make one
    // finding.
    let mut found: BTreeMap<Span, Lost<'_>> = BTreeMap::new();
    for placement in &input.placements {
        // A function has no state of its own: serverless_state says so.
        if placement.deployment.pattern.value == Pattern::Serverless {
            continue;
        }
        for environment in placement.environments().filter(|environment| environment.is_hard()) {
            let store = environment.state_store.as_ref();
            if store.is_some_and(|store| store.capabilities.keeps()) {
                continue;
            }
            let at = store.map_or(environment.name.span, |store| store.adapter.span);
            for handler in placement.units.iter().flat_map(|placed| &placed.handlers) {
                for (span, what) in kept(topology, *handler, store.is_some()) {
                    let lost = found.entry(at).or_default();
                    lost.kept.insert(span, what);
                    if !lost.environments.iter().any(|known| std::ptr::eq(*known, environment)) {
                        lost.environments.push(environment);
                    }
                }
            }
        }
    }
    findings.extend(found.into_values().filter_map(Lost::finding));
}

/// What a handler keeps in the state store. That a collection has no store at all is store_capability's to say.
fn kept(topology: &Topology, handler: Handler, has_store: bool) -> Vec<(Span, String)> {
    let (operation, address) = (topology.operation(handler), topology.address(handler));
    let mut kept = Vec::new();
    if operation.outbox.value {
        kept.push((operation.outbox.span, format!("what {address} has committed and not published yet")));
    }
    if let Some(idempotency) = &operation.idempotency {
        kept.push((idempotency.span, format!("what {address} has handled before")));
    }
    if has_store {
        let states = operation.edges.states().map(|edge| {
            let state = &topology.states[edge.value].name;
            (state.span, format!("the collection `{}`", state.value))
        });
        kept.extend(states);
        if let Handler::Schedule(id) = handler
            && topology.schedules[id].makes_up()
        {
            kept.push((topology.schedules[id].missed.span, format!("the last run of {address}")));
        }
    }
    kept
}

impl Lost<'_> {
    fn finding(self) -> Option<Diagnostic> {
        let Self { environments, kept } = self;
        let first = environments.first()?;
        let names = listed(environments.iter().map(|environment| format!("`{}`", environment.name.value)));
        let what = if kept.len() == 1 { kept.values().next()?.clone() } else { count(kept.len(), "thing", "things") };
        let message = match &first.state_store {
            Some(_) => format!("{what} must not be lost in {names}, and the state_store forgets"),
            None => {
                format!("{what} must not be lost in {names}, where only the process remembers: there is no state_store")
            }
        };
        let mut found = Diagnostic::error("undurable_state", message);
        for (span, what) in kept.iter().take(SHOWN) {
            found = found.label(*span, what.clone());
        }
        if let Some(store) = &first.state_store {
            let adapter = store.name();
            found = found.label(store.adapter.span, format!("`{adapter}` loses what is in it when the process ends"));
        }
        for environment in environments.iter().take(SHOWN) {
            found = found.label(environment.name.span, "not `ephemeral`: losing data matters here");
        }
        let more = kept.len().saturating_sub(SHOWN);
        let more = if more > 0 { format!("{more} more places; ") } else { String::new() };
        let durable = STATE_STORES.iter().filter(|store| store.durable);
        let durable = either(durable.map(|store| format!("`{}`", store.adapter.name())));
        Some(found.help(format!(
            "{more}let the state_store be {durable}, or write `ephemeral: true` if losing data is acceptable in {names}"
        )))
    }
}
