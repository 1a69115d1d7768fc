//! `unused_allowance`: an entry of `allow:` that allows nothing.

use super::allowed::{Places, is_allowable, is_over};
use super::{Input, RULES};
use crate::diagnostic::{Diagnostic, Findings};

pub(super) fn check(input: &Input<'_>, findings: &mut Findings) {
    let places = Places::of(findings);
    let unused: Vec<Diagnostic> = input
        .topology
        .allowances
        .iter()
        .filter(|allowance| !is_over(input, allowance))
        .filter_map(|allowance| {
            let name = allowance.rule.value.as_str();
            let finding = |message: String| Diagnostic::warning("unused_allowance", message);
            let Some(rule) = RULES.iter().find(|rule| rule.name == name) else {
                let found = finding(format!("there is no rule `{name}` that could be allowed"))
                    .label(allowance.rule.span, "no rule is called so");
                return Some(found.help(closest(name)));
            };
            if !is_allowable(rule.name, rule.level) {
                let found = finding(format!("`{name}` is an error: it cannot be allowed"))
                    .label(allowance.rule.span, "only warnings can be allowed");
                return Some(found.help("mend what it finds, and take this entry out"));
            }
            places.covered_by(allowance).is_none().then(|| {
                let mut found = finding(format!("nothing is left that this allowance of `{name}` allows"))
                    .label(allowance.rule.span, format!("`{name}` finds nothing there"));
                if let Some(at) = &allowance.at {
                    found = found.label(at.span, "there");
                }
                found.help("take the entry out: if the finding comes back, it should be seen")
            })
        })
        .collect();
    findings.extend(unused);
}

/// What somebody who wrote `name` may have meant.
fn closest(name: &str) -> String {
    let allowable = RULES.iter().filter(|rule| is_allowable(rule.name, rule.level));
    let near = allowable.map(|rule| (strsim::damerau_levenshtein(name, rule.name), rule.name)).min();
    match near {
        Some((distance, near)) if distance <= 1 + name.len() / 3 => format!("did you mean `rule: {near}`?"),
        _ => "`cargo pontoon explain` lists the rules".to_owned(),
    }
}
