//! `unused_definition`: what is defined and has no part in anything.

use std::collections::HashSet;

use super::Input;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Located, Pattern, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    messages_and_state(input.topology, findings);
    services(input.topology, findings);
    environments(input.topology, findings);
}

fn unused(name: &Located<String>, kind: &str, why: &str, help: String) -> Diagnostic {
    let message = format!("the {kind} `{}` is defined and never used", name.value);
    Diagnostic::warning("unused_definition", message).label(name.span, why).help(help)
}

fn messages_and_state(topology: &Topology, findings: &mut Findings) {
    let (mut events, mut queues, mut states) = (HashSet::new(), HashSet::new(), HashSet::new());
    for edges in topology.handlers().map(|handler| &topology.operation(handler).edges) {
        events.extend(edges.emits.iter().map(|edge| edge.value));
        queues.extend(edges.enqueues.iter().map(|edge| edge.value));
        states.extend(edges.states().map(|edge| edge.value));
    }
    events.extend(topology.subscriptions.values().map(|subscription| subscription.event.value));
    queues.extend(topology.workers.values().map(|worker| worker.queue.value));

    for (_, event) in topology.events.iter().filter(|(id, _)| !events.contains(id)) {
        let help = format!("take it out, or write `emits: [{}]` on the handler that makes it happen", event.name.value);
        findings.add(unused(&event.name, "event", "no handler emits it, and no service subscribes to it", help));
    }
    for (_, queue) in topology.queues.iter().filter(|(id, _)| !queues.contains(id)) {
        let help = format!(
            "take it out, or write `enqueues: [{0}]` on a handler that has jobs for it, and `queue: {0}` on a worker",
            queue.name.value
        );
        findings.add(unused(&queue.name, "queue", "no handler puts jobs in, and no worker takes any out", help));
    }
    for (_, state) in topology.states.iter().filter(|(id, _)| !states.contains(id)) {
        let help = format!(
            "take it out, or write `reads: [{0}]`, `updates: [{0}]` or `writes: [{0}]` on a handler",
            state.name.value
        );
        findings.add(unused(&state.name, "state collection", "no handler reads or writes it", help));
    }
}

fn services(topology: &Topology, findings: &mut Findings) {
    let mut placed = HashSet::new();
    for deployment in topology.deployments.values() {
        // A serverless deployment is about commands: a service takes part if a function bundles it.
        if deployment.pattern.value != Pattern::Serverless {
            placed.extend(deployment.services.iter().map(|service| service.value));
        }
        let units = deployment.units.iter().map(|unit| &topology.units[*unit]);
        placed.extend(units.flat_map(|unit| unit.services.iter().map(|service| service.value)));
    }
    for (id, service) in topology.services.iter() {
        let name = Located::new(topology.service_address(id), service.name.span);
        if service.handlers().next().is_none() {
            let help = "take it out, or give it `commands:`, `subscriptions:`, `workers:` or `schedules:`".to_owned();
            findings.add(unused(&name, "service", "it handles nothing", help));
        } else if !placed.contains(&id) && !topology.deployments.is_empty() {
            let help =
                format!("take it out, or add `{}` to the `services:` of the deployment that is to run it", name.value);
            findings.add(unused(&name, "service", "no deployment runs it", help));
        }
    }
}

fn environments(topology: &Topology, findings: &mut Findings) {
    if topology.deployments.is_empty() {
        return;
    }
    let chosen = topology.deployments.values().flat_map(|deployment| &deployment.environments);
    let extended = topology.environments.values().filter_map(|environment| environment.extends.as_ref());
    let used: HashSet<_> = chosen.chain(extended).map(|environment| environment.value).collect();
    for (_, environment) in topology.environments.iter().filter(|(id, _)| !used.contains(id)) {
        let name = &environment.name.value;
        let help = format!("take it out, or add `{name}` to the `environments:` of the deployment that runs in it");
        findings.add(unused(&environment.name, "environment", "no deployment runs in it, and none extends it", help));
    }
}
