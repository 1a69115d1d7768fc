//! Which findings an entry of `allow:` covers.

use super::Input;
use crate::diagnostic::{Diagnostic, Level};
use crate::source::Span;
use crate::topology::Allowance;

/// Errors that may be allowed all the same: there are networks in which they are right.
const ALLOWABLE_ERRORS: [&str; 1] = ["plaintext_transport"];

/// Whether findings of this code and level can be allowed at all.
pub(super) fn is_allowable(code: &str, level: Level) -> bool {
    level == Level::Warning && !code.ends_with("_allowance") || ALLOWABLE_ERRORS.contains(&code)
}

/// Whether the topology allows what was found.
pub(super) fn is_allowed(input: &Input<'_>, found: &Diagnostic) -> bool {
    let allowances = input.topology.allowances.iter();
    is_allowable(found.code, found.level)
        && allowances.into_iter().any(|allowance| !is_over(input, allowance) && covers(allowance, found))
}

/// Whether the last day of an allowance has gone by.
pub(super) fn is_over(input: &Input<'_>, allowance: &Allowance) -> bool {
    allowance.until.as_ref().is_some_and(|until| until.value < input.today)
}

/// Whether this is about such a finding, in date or not.
pub(super) fn covers(allowance: &Allowance, found: &Diagnostic) -> bool {
    let here = |span: Span| allowance.covers.iter().any(|covered| contains(*covered, span));
    allowance.rule.value == found.code
        && (allowance.at.is_none() || found.labels.iter().any(|label| here(label.span)))
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
