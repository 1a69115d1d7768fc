//! `expired_allowance`: an entry of `allow:` whose last day has gone by, or is near where nothing is built after it.

use super::Input;
use super::allowed::{Places, is_allowed_error, is_over};
use crate::diagnostic::{Diagnostic, Findings};
use crate::topology::Allowance;

/// For how many days the end of an allowed error is announced.
const NOTICE: u64 = 28;

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
    findings.extend(input.topology.allowances.iter().filter_map(|allowance| ending(input, allowance)));
}

/// An error that is allowed for some days more: when they are over, nothing is built.
fn ending(input: &Input<'_>, allowance: &Allowance) -> Option<Diagnostic> {
    let (name, until) = (&allowance.rule.value, allowance.until.as_ref()?);
    let left = until.value.unix_days().checked_sub(input.today.unix_days())?;
    (is_allowed_error(name) && left <= NOTICE).then(|| {
        let message = match left {
            0 => format!("the allowance of `{name}` ends today, and nothing is built after that"),
            1 => format!("the allowance of `{name}` ends tomorrow, and nothing is built after that"),
            _ => format!("the allowance of `{name}` ends in {left} days, and nothing is built after that"),
        };
        Diagnostic::warning("expired_allowance", message)
            .label(until.span, format!("today is {}", input.today))
            .label(allowance.reason.span, "is this still so?")
            .help("mend what it allows, or give the allowance a new day, in quotes")
    })
}
