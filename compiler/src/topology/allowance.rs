//! Warnings that the topology allows, each with its reason.

use super::{Date, Located};
use crate::source::Span;

/// An entry of `allow:`.
#[derive(Clone, Debug)]
pub struct Allowance {
    /// The entry as a whole.
    pub span: Span,
    /// The rule, by its name without prefix.
    pub rule: Located<String>,
    /// Where it is allowed: a path of the topology such as `events.audit`. `None`: everywhere.
    pub at: Option<Located<String>>,
    /// The key and the value that `at` leads to: a finding is covered if one of its labels lies in one of them.
    pub covers: Vec<Span>,
    /// Why.
    pub reason: Located<String>,
    /// The last day on which it holds, if it does not hold for good.
    pub until: Option<Located<Date>>,
}
