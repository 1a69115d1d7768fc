//! `expired_allowance`: an entry of `allow:` whose last day has gone by.

use super::Input;
use super::allowed::{Places, is_over};
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let places = Places::of(findings);
    let over: Vec<Diagnostic> = input
        .topology
        .allowances
        .iter()
        .filter(|allowance| is_over(input, allowance))
        .filter_map(|allowance| {
            let (name, until) = (&allowance.rule.value, allowance.until.as_ref()?);
            let message = format!("the allowance of `{name}` was good until {}", until.value);
            let found = Diagnostic::warning("expired_allowance", message)
                .label(until.span, format!("today is {}", input.today))
                .label(allowance.reason.span, "is this still so?");
            Some(match places.covered_by(allowance) {
                Some(place) => found
                    .label(place, "what it allowed is still here")
                    .help("mend this, or give the allowance a new day, in quotes"),
                None => found.help("take the entry out: what it allowed is mended"),
            })
        })
        .collect();
    findings.extend(over);
}
