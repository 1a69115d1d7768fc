//! `ineffective_key`: a key of a deployment that means nothing for its pattern, and an environment that is named in
//! vain.

use super::Input;
use super::placement::Placement;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Deployment, EnvironmentId, Handler, Located, Pattern};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    patterns(input, findings);
    environments(input, findings);
}

fn patterns(input: &Input<'_>, findings: &mut Findings) {
    for deployment in input.topology.deployments.values() {
        let (name, pattern) = (&deployment.name.value, deployment.pattern.value);
        for meant in [Pattern::Serverless, Pattern::Edge] {
            let keys = keys(deployment, meant);
            if keys.is_empty() || meant == pattern {
                continue;
            }
            let (verb, them) = if keys.len() == 1 { ("does", "it") } else { ("do", "them") };
            let what = listed(keys.iter().map(|(key, _)| format!("`{key}:`")));
            let found = Diagnostic::warning(
                "ineffective_key",
                format!(
                    "{what} of the deployment `{name}` {verb} nothing: only `{}` deployments have {them}",
                    meant.as_str()
                ),
            );
            let found = keys.iter().fold(found, |found, (_, span)| found.label(*span, "has no effect"));
            findings.add(
                found
                    .label(deployment.pattern.span, format!("`{name}` is `{}`", pattern.as_str()))
                    .help(format!("take {them} out, or write `pattern: {}`", meant.as_str())),
            );
        }
    }
}

/// What is written in `deployment` that means something only in this pattern, and where.
fn keys(deployment: &Deployment, pattern: Pattern) -> Vec<(&'static str, Span)> {
    let mut keys = Vec::new();
    match pattern {
        Pattern::Serverless => {
            keys.extend(deployment.commands.first().map(|command| ("commands", command.span)));
            keys.extend(deployment.budget.written.map(|span| ("budget", span)));
        }
        Pattern::Edge => {
            keys.extend(deployment.offline.map(|offline| ("offline", offline.span)));
            keys.extend(deployment.outbox.map(|outbox| ("outbox", outbox.span)));
        }
        Pattern::Monolith | Pattern::Microservices => {}
    }
    keys
}

/// Environments that an event or a subscription names, and in which it can't be.
fn environments(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for (id, event) in topology.events.iter() {
        let has_part = |handler: Handler| {
            let emits = topology.operation(handler).edges.emits.iter().any(|edge| edge.value == id);
            let hears =
                matches!(handler, Handler::Subscription(heard) if topology.subscriptions[heard].event.value == id);
            emits || hears
        };
        for named in event.environments.named() {
            findings.extend(nobody_runs(input, named, &format!("the event `{}`", event.name.value), &has_part));
        }
    }
    for (id, subscription) in topology.subscriptions.iter() {
        let (address, event) =
            (topology.address(Handler::Subscription(id)), &topology.events[subscription.event.value]);
        for named in subscription.environments.named() {
            if event.environments.has(named.value) {
                findings.extend(nobody_runs(input, named, &address, &|handler| handler == Handler::Subscription(id)));
                continue;
            }
            let (name, heard) = (&topology.environments[named.value].name.value, &event.name.value);
            let message = format!("{address} names the environment `{name}`, where the event `{heard}` does not exist");
            let found = Diagnostic::warning("ineffective_key", message).label(named.span, "it hears nothing here");
            let found = match event.environments.named().first() {
                Some(first) => found.label(first.span, format!("`{heard}` exists only where this says")),
                None => found,
            };
            findings.add(
                found.help(format!("take `{name}` out here, or add it to the `environments:` of the event `{heard}`")),
            );
        }
    }
}

/// The finding where no deployment that has a part in something runs in an environment that it names.
fn nobody_runs(
    input: &Input<'_>,
    named: &Located<EnvironmentId>,
    what: &str,
    has_part: &dyn Fn(Handler) -> bool,
) -> Option<Diagnostic> {
    let concerned = |placement: &&Placement<'_>| {
        let mut handlers = placement.units.iter().flat_map(|placed| &placed.handlers);
        handlers.any(|handler| has_part(*handler))
    };
    let mut concerned = input.placements.iter().filter(concerned).peekable();
    // That no deployment has it at all is another rule's to say.
    let first = concerned.peek()?.deployment;
    if concerned.any(|placement| placement.identified_environments().any(|(id, _)| id == named.value)) {
        return None;
    }
    let environment = &input.topology.environments[named.value].name.value;
    let message =
        format!("{what} names the environment `{environment}`, in which no deployment runs that has to do with it");
    Some(
        Diagnostic::warning("ineffective_key", message)
            .label(named.span, "has no effect")
            .label(first.name.span, format!("does not run in `{environment}`"))
            .help(format!(
                "take `{environment}` out here, or add it to the `environments:` of the deployment `{}`",
                first.name.value
            )),
    )
}
