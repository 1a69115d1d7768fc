//! The rules, on annotated topologies: `tests/ui/<rule>/fail_*.yaml` with every finding written as a comment under the
//! place it points at, `pass_*.yaml` without any. `PONTOON_BLESS=1` writes the comments anew.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod annotation;
mod case;
mod effect;
mod help;
mod one_cause;
mod pages;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use case::Case;
use pontoon_compiler::check::RULES;
use pontoon_compiler::diagnostic::Level;

/// Rules that look at more than a topology, at what a build asks for and has: they are tested with generated code, with
/// the front door and end to end.
const AT_THE_FRONT_DOOR: [&str; 3] = ["missing_adapter_feature", "not_yet_emitted", "unknown_path"];

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("ui")
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = fs::read_dir(folder).expect("a folder that can be read");
    entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("a name in UTF-8")).collect()
}

/// Every topology of every rule, by rule.
fn cases() -> Vec<(String, Vec<Case>)> {
    let rules = names(&folder()).into_iter().filter(|rule| folder().join(rule).is_dir());
    rules
        .map(|rule| {
            let files = names(&folder().join(&rule)).into_iter().filter(|file| file.ends_with(".yaml"));
            let cases = files.map(|file| Case::compile(&folder().join(&rule), &file)).collect();
            (rule, cases)
        })
        .collect()
}

#[test]
fn the_sample_of_the_design_is_accepted_without_a_finding() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/tests");
    assert_eq!(Case::compile(&folder, "sample.yaml").report(), "");
}

/// The language is whole from the start, the generator is not: what of the sample is only planned.
#[test]
fn what_cannot_be_generated_yet_is_said_by_a_check() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schema/tests");
    let foreseen = Case::foresee(&folder, "sample.yaml");
    let said: Vec<&str> = foreseen.findings().map(|found| found.message.as_str()).collect();
    assert!(foreseen.codes().all(|code| code == "not_yet_emitted"), "{said:#?}");
    assert!(foreseen.findings().all(|found| found.level == Level::Warning), "{said:#?}");
    let expected = [
        "the HTTP route of user.sign_up is checked, but this version generates no server for it",
        "deployment `monolith` is planned for environment `production`, but this version cannot generate it",
        "deployment `field` is planned for environment `edge`, but this version cannot generate it",
        "deployment `functions` is planned, but this version cannot generate it",
        "deployment `field` is planned, but this version cannot generate it",
    ];
    assert_eq!(said, expected);
}

#[test]
fn findings_are_those_that_the_topologies_are_annotated_with() {
    let problems: Vec<String> = cases().iter().flat_map(|(_, cases)| cases).filter_map(Case::compare).collect();
    assert!(problems.is_empty(), "{}\nPONTOON_BLESS=1 writes the comments anew", problems.join("\n"));
}

#[test]
fn real_systems_are_annotated_with_all_that_is_found_in_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("systems");
    let files = names(&folder).into_iter().filter(|name| name.ends_with(".yaml"));
    let problems: Vec<String> = files.filter_map(|name| Case::compile(&folder, &name).compare()).collect();
    assert!(problems.is_empty(), "{}\nPONTOON_BLESS=1 writes the comments anew", problems.join("\n"));
}

#[test]
fn a_failing_topology_fails_by_its_rule_and_a_passing_one_by_none() {
    let mut problems = Vec::new();
    for (rule, cases) in cases() {
        for case in cases {
            let codes: Vec<&str> = case.codes().collect();
            let right = match case.name.split_once('_') {
                Some(("fail", _)) => codes.contains(&rule.as_str()),
                Some(("pass", _)) => codes.is_empty(),
                _ => false,
            };
            if !right {
                problems.push(format!("{rule}/{} finds {codes:?}", case.name));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn every_rule_has_a_topology_that_fails_and_one_that_passes() {
    let tested: BTreeSet<String> = cases()
        .into_iter()
        .filter(|(_, cases)| ["fail_", "pass_"].iter().all(|kind| cases.iter().any(|case| case.name.starts_with(kind))))
        .map(|(rule, _)| rule)
        .collect();
    let rules = RULES.iter().map(|rule| rule.name.to_owned());
    let rules: BTreeSet<String> = rules.filter(|rule| !AT_THE_FRONT_DOOR.contains(&rule.as_str())).collect();
    assert_eq!(tested, rules);
}

#[test]
fn a_finding_has_the_level_of_its_rule_and_says_what_to_do() {
    for (rule, cases) in cases() {
        for found in cases.iter().flat_map(Case::findings) {
            let place = format!("{rule}: {}", found.message);
            let rule = RULES.iter().find(|rule| rule.name == found.code);
            assert_eq!(rule.expect(&place).level, found.level, "{place}");
            assert!(found.help.is_some() || rule.is_some_and(|rule| rule.check.is_none()), "no help: {place}");
        }
    }
}
