//! `lossy_type`: a type that says by itself that JSON makes something else of its values, or nothing.

use syn::{GenericArgument, PathArguments, PathSegment, Type};

use super::Input;
use super::wording::written;
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::{Located, RustType, Topology};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let topology = input.topology;
    for ty in types(topology) {
        let Some(loss) = loss(ty.value.syntax()) else { continue };
        let found = Diagnostic::error(
            "lossy_type",
            format!(
                "`{}` is not the same once it has gone through JSON, as it does between units",
                written(topology, &ty.value)
            ),
        );
        findings.add(found.label(ty.span, loss.why()).help(loss.help()));
    }
}

/// All types whose values travel or are kept, where they are written.
fn types(topology: &Topology) -> impl Iterator<Item = &Located<RustType>> {
    let payloads = topology.events.iter().map(|(_, event)| &event.payload);
    let payloads = payloads.chain(topology.queues.iter().map(|(_, queue)| &queue.payload));
    let values = topology.states.iter().map(|(_, state)| &state.value);
    let commands = topology.commands.iter().flat_map(|(_, command)| {
        [Some(&command.input), Some(&command.output), command.rejection.as_ref()].into_iter().flatten()
    });
    payloads.chain(values).chain(commands)
}

/// What a type loses.
enum Loss {
    /// `Some` of nothing is nothing.
    Nested,
    /// A key that is no text.
    Key,
}

impl Loss {
    fn why(&self) -> &'static str {
        match self {
            Self::Nested => "`Some` of nothing is `null`, which is read back as `None`",
            Self::Key => "the keys of a JSON object are texts, and this map has others",
        }
    }

    fn help(&self) -> &'static str {
        match self {
            Self::Nested => "name the cases: an enum of your own has as many as you give it",
            Self::Key => "take a list of pairs, `Vec<(K, V)>`, or keys that serialize as a text or a number",
        }
    }
}

fn loss(ty: &Type) -> Option<Loss> {
    match ty {
        Type::Path(path) => {
            let last = path.path.segments.last()?;
            let first = arguments(last).next();
            let own = match last.ident.to_string().as_str() {
                "Option" => first.filter(|inner| is_nothing(inner)).map(|_| Loss::Nested),
                "HashMap" | "BTreeMap" | "IndexMap" => first.filter(|key| is_no_text(key)).map(|_| Loss::Key),
                _ => None,
            };
            own.or_else(|| path.path.segments.iter().flat_map(arguments).find_map(loss))
        }
        Type::Tuple(tuple) => tuple.elems.iter().find_map(loss),
        Type::Array(array) => loss(&array.elem),
        Type::Paren(inner) => loss(&inner.elem),
        Type::Group(inner) => loss(&inner.elem),
        _ => None,
    }
}

fn arguments(segment: &PathSegment) -> impl Iterator<Item = &Type> {
    let arguments = match &segment.arguments {
        PathArguments::AngleBracketed(arguments) => Some(&arguments.args),
        _ => None,
    };
    arguments.into_iter().flatten().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

/// Whether a value may be `null` in JSON.
fn is_nothing(ty: &Type) -> bool {
    is_named(ty, &["Option"]) || matches!(ty, Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Whether it is never written as a text, a number or a truth value.
fn is_no_text(ty: &Type) -> bool {
    matches!(ty, Type::Tuple(_) | Type::Array(_))
        || is_named(ty, &["Option", "Vec", "HashMap", "BTreeMap", "HashSet", "BTreeSet", "IndexMap"])
}

fn is_named(ty: &Type, names: &[&str]) -> bool {
    let Type::Path(path) = ty else { return false };
    path.path.segments.last().is_some_and(|last| names.iter().any(|name| last.ident == name))
}
