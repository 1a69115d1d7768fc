//! The compiler's rules, with the one sentence of each page that fits into a list.

use pontoon_compiler::check::{RULES, Rule};

/// A rule by the name that a finding prints, `pontoon::invoke_cycle`, or that people type, `invoke-cycle`.
pub(crate) fn find(name: &str) -> Option<&'static Rule> {
    let wanted = bare(name);
    RULES.iter().find(|rule| rule.name == wanted)
}

/// The name without its prefix, as pages and files have it.
pub(crate) fn bare(name: &str) -> String {
    name.strip_prefix("pontoon::").unwrap_or(name).replace('-', "_")
}

/// What the rule finds, in the first sentence that its page says about it.
pub(crate) fn summary(rule: &Rule) -> String {
    let after = rule.page.split_once("## What it finds").map_or("", |(_, after)| after);
    let paragraph = after.trim_start().split("\n\n").next().unwrap_or_default().replace('\n', " ");
    match paragraph.split_once(". ") {
        Some((sentence, _)) => format!("{sentence}."),
        None => paragraph,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_sentence_for_the_list() {
        for rule in RULES {
            let summary = summary(rule);
            assert!(summary.ends_with('.') && summary.len() > 10, "{}: {summary:?}", rule.name);
        }
    }

    #[test]
    fn rules_are_found_as_they_are_printed_and_as_they_are_typed() {
        for name in ["invoke_cycle", "pontoon::invoke_cycle", "invoke-cycle"] {
            assert_eq!(find(name).map(|rule| rule.name), Some("invoke_cycle"));
        }
    }
}
