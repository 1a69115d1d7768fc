//! `ineffective_key`: a key of a deployment that means nothing for its pattern.

use super::Input;
use super::wording::listed;
use crate::diagnostic::{Diagnostic, Findings};
use crate::source::Span;
use crate::topology::{Deployment, Pattern};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
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
