//! What `absent_worker` and `absent_listener` have in common: messages of which the other end exists, and not where
//! they go.

use std::collections::{BTreeMap, HashSet};

use super::Input;
use super::placement::Placement;
use crate::source::Span;
use crate::topology::{Connection, Environment, EnvironmentId, Handler, Located, Pattern};

/// Messages that nobody takes where they are sent.
pub(super) struct Alone<'a> {
    /// Who sends them, and where that is written.
    pub(super) sender: (Handler, Span),
    /// Who would take them, and is in none of the units that they get to.
    pub(super) taker: Handler,
    /// The deployment in which they are sent.
    pub(super) deployment: &'a Located<String>,
    /// The first environment in which nobody takes them.
    pub(super) environment: &'a Located<String>,
    /// Whether other deployments could, if they had somebody.
    crosses: bool,
}

impl Alone<'_> {
    /// Why nobody does.
    pub(super) fn why(&self) -> String {
        let environment = &self.environment.value;
        match self.crosses {
            true => format!("no other deployment that runs in `{environment}` has it"),
            false => format!("what is sent in `{environment}` stays in the process"),
        }
    }

    /// Where it would have to be.
    pub(super) fn place(&self) -> String {
        let (deployment, environment) = (&self.deployment.value, &self.environment.value);
        match self.crosses {
            true => format!("into `{deployment}`, or into a deployment that runs in `{environment}` as well"),
            false => format!("into `{deployment}`"),
        }
    }
}

/// What is asked of a kind of message.
pub(super) struct Kind<'f, I> {
    /// What a handler sends, with where it is written.
    pub(super) sends: &'f dyn Fn(Handler) -> Vec<(I, Span)>,
    /// Who takes it in an environment, in whatever deployment.
    pub(super) takers: &'f dyn Fn(I, EnvironmentId) -> Vec<Handler>,
    /// What carries it.
    pub(super) bridge: fn(&Environment) -> Option<&Connection>,
    /// Whether that reaches other processes.
    pub(super) crosses: fn(&Connection) -> bool,
}

/// By what is sent: the first place where nobody takes it, neither in the deployment nor in another one that shares its
/// broker.
pub(super) fn alone<'a, I: Copy + Ord>(input: &'a Input<'_>, kind: &Kind<'_, I>) -> BTreeMap<I, Alone<'a>> {
    let mut found = BTreeMap::new();
    for placement in &input.placements {
        // A bundle of functions is a part by what it is: serverless_closure and serverless_state say what it needs
        // beside it.
        if placement.deployment.pattern.value == Pattern::Serverless {
            continue;
        }
        let here = handlers(placement);
        for (id, environment) in placement.identified_environments() {
            let Some(crosses) = (kind.bridge)(environment).map(kind.crosses) else { continue };
            let others = input
                .placements
                .iter()
                .filter(|other| crosses && other.environments().any(|known| std::ptr::eq(known, environment)));
            let reached: HashSet<Handler> = others.flat_map(handlers).chain(here.iter().copied()).collect();
            for sender in &here {
                for (sent, span) in (kind.sends)(*sender) {
                    let takers = (kind.takers)(sent, id);
                    // That nobody takes it at all is another rule's to say, or is meant so in this environment.
                    let Some(taker) = takers.first().copied() else { continue };
                    if takers.iter().any(|taker| reached.contains(taker)) {
                        continue;
                    }
                    let (sender, deployment) = ((*sender, span), &placement.deployment.name);
                    let alone = Alone { sender, taker, deployment, environment: &environment.name, crosses };
                    found.entry(sent).or_insert(alone);
                }
            }
        }
    }
    found
}

fn handlers(placement: &Placement<'_>) -> Vec<Handler> {
    placement.units.iter().flat_map(|placed| placed.handlers.iter().copied()).collect()
}
