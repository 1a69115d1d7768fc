//! Which findings the entries of `allow:` cover. Both can be many, so neither is compared with each of the others.

use std::collections::{HashMap, HashSet};

use super::Input;
use crate::diagnostic::{Diagnostic, Findings, Level};
use crate::source::Span;
use crate::topology::Allowance;

/// Errors that may be allowed all the same: there are networks in which they are right.
const ALLOWABLE_ERRORS: [&str; 1] = ["plaintext_transport"];

/// Whether findings of this code and level can be allowed at all.
pub(super) fn is_allowable(code: &str, level: Level) -> bool {
    level == Level::Warning && !code.ends_with("_allowance") || ALLOWABLE_ERRORS.contains(&code)
}

/// Whether a rule finds errors, and they can be allowed all the same.
pub(super) fn is_allowed_error(rule: &str) -> bool {
    ALLOWABLE_ERRORS.contains(&rule)
}

/// Whether the last day of an allowance has gone by.
pub(super) fn is_over(input: &Input<'_>, allowance: &Allowance) -> bool {
    allowance.until.as_ref().is_some_and(|until| until.value < input.today)
}

/// What is allowed today: rules, and the places where they are.
pub(super) struct Allowed<'a> {
    everywhere: HashSet<&'a str>,
    /// In order. None is within another one.
    places: HashMap<&'a str, Vec<Span>>,
}

impl<'a> Allowed<'a> {
    pub(super) fn of(input: &Input<'a>) -> Self {
        let mut allowed = Self { everywhere: HashSet::new(), places: HashMap::new() };
        for allowance in input.topology.allowances.iter().filter(|allowance| !is_over(input, allowance)) {
            let rule = allowance.rule.value.as_str();
            match allowance.at {
                None => drop(allowed.everywhere.insert(rule)),
                Some(_) => allowed.places.entry(rule).or_default().extend(&allowance.covers),
            }
        }
        for places in allowed.places.values_mut() {
            // Nodes of a tree are within each other or apart.
            places.sort_by_key(|place| (place.file, place.start, std::cmp::Reverse(place.end)));
            places.dedup_by(|next, kept| contains(*kept, *next));
        }
        allowed
    }

    pub(super) fn covers(&self, found: &Diagnostic) -> bool {
        let covered = |label: Span| {
            let places = self.places.get(found.code).map_or(&[][..], Vec::as_slice);
            let after = places.partition_point(|place| (place.file, place.start) <= (label.file, label.start));
            after.checked_sub(1).is_some_and(|before| contains(places[before], label))
        };
        is_allowable(found.code, found.level)
            && (self.everywhere.contains(found.code) || found.labels.iter().any(|label| covered(label.span)))
    }
}

/// Where the findings of each code that can be allowed are.
pub(super) struct Places(HashMap<&'static str, Vec<Span>>);

impl Places {
    pub(super) fn of(findings: &Findings) -> Self {
        let mut places: HashMap<&'static str, Vec<Span>> = HashMap::new();
        for found in findings.iter().filter(|found| is_allowable(found.code, found.level)) {
            places.entry(found.code).or_default().extend(found.labels.iter().map(|label| label.span));
        }
        places.values_mut().for_each(|places| places.sort_unstable());
        Self(places)
    }

    /// The first place of a finding that the allowance is about, in date or not.
    pub(super) fn covered_by(&self, allowance: &Allowance) -> Option<Span> {
        let places = self.0.get(allowance.rule.value.as_str())?;
        if allowance.at.is_none() {
            return places.first().copied();
        }
        allowance.covers.iter().find_map(|covered| {
            let first = places.partition_point(|place| (place.file, place.start) < (covered.file, covered.start));
            places.get(first).copied().filter(|place| contains(*covered, *place))
        })
    }
}

fn contains(outer: Span, inner: Span) -> bool {
    outer.file == inner.file && outer.start <= inner.start && inner.end <= outer.end
}
