//! Allowances, and the places that they are about.

use pontoon_schema::document;

use super::Resolver;
use super::place::{children, filled, given};
use crate::diagnostic::Diagnostic;
use crate::read::Node;
use crate::topology::{Allowance, Located};

pub(super) fn resolve<'s>(resolver: &mut Resolver<'s, '_>, document: &'s document::Document, root: Node<'_>) {
    for (allowance, node) in document.allow.iter().zip(children(root, "allow")) {
        let at = given(node, "at", allowance.at.as_ref());
        let covered = match at {
            Some(place) => match find(resolver, root, place) {
                Some(found) => vec![found.key_span(), found.value_span()],
                None => continue,
            },
            None => Vec::new(),
        };
        resolver.topology.allowances.push(Allowance {
            span: node.value_span(),
            rule: filled(node, "rule", allowance.rule.to_string()),
            at: at.map(|place| place.map(ToString::to_string)),
            covers: covered,
            reason: filled(node, "reason", allowance.reason.clone()),
            until: given(node, "until", allowance.until),
        });
    }
}

/// The node that a place leads to. Reports where the way ends early.
fn find<'t>(resolver: &mut Resolver<'_, '_>, root: Node<'t>, place: Located<&document::Place>) -> Option<Node<'t>> {
    let mut node = root;
    let mut way = String::new();
    for key in place.value.keys() {
        let Some(next) = node.get(key) else {
            let end = if way.is_empty() { "this topology".to_owned() } else { format!("`{way}`") };
            let message = format!("there is no `{}` in this topology", place.value);
            let known = node.children().filter_map(Node::key);
            let problem = Diagnostic::error("unknown_reference", message);
            let problem = match resolver.names.suggestions.closest(key, known) {
                Some(meant) => {
                    let dot = if way.is_empty() { "" } else { "." };
                    problem
                        .label(place.span, format!("{end} has no `{key}`: did you mean `{meant}`?"))
                        .help(format!("write `{way}{dot}{meant}`"))
                }
                None => problem.label(place.span, format!("{end} has no `{key}`")).help(
                    "write the keys on the way to the place, with dots between them, such as `services.user.commands.find`",
                ),
            };
            resolver.findings.add(problem);
            return None;
        };
        if !way.is_empty() {
            way.push('.');
        }
        way.push_str(key);
        node = next;
    }
    Some(node)
}
