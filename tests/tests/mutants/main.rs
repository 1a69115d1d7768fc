//! Topologies that are right, with one change each: forty kinds of them. For each kind there is a rule that finds it
//! wherever it is made, or a reason why it may be meant.

#![allow(clippy::expect_used, clippy::panic, reason = "a test, also where no #[test] stands on it")]

mod change;
mod kinds;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use pontoon_schema::document::Date;
use serde_json::Value;

use kinds::{Finds, KINDS};

/// Topologies of the repository that are accepted.
const BASES: [&str; 5] = [
    "schema/tests/sample.yaml",
    "examples/shop/topology.yaml",
    "examples/quickstart/topology.yaml",
    "tests/generated/microservices/topology.yaml",
    "tests/systems/eshop.yaml",
];

struct Alone(String);

impl Files for Alone {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == "topology.yaml" { Ok(self.0.clone().into_bytes()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// How often each rule finds something.
fn found(document: &Value) -> BTreeMap<&'static str, usize> {
    let files = Alone(document.to_string());
    let request = Request { contract: true, ..Request::default() };
    let (limits, today) = (Limits::default(), Date::from_unix_seconds(1_795_000_000));
    let compiled =
        compile(&Input { path: "topology.yaml", files: &files, limits, today, request: &request, code: None });
    let mut counts = BTreeMap::new();
    for finding in compiled.findings.iter() {
        *counts.entry(finding.code).or_default() += 1;
    }
    counts
}

#[test]
fn each_change_is_found_or_may_be_meant() {
    assert!(KINDS.len() >= 40, "{} kinds", KINDS.len());
    let bases = BASES.map(|base| {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(base)).expect(base);
        let document: Value = serde_yaml::from_str(&text).expect(base);
        let before = found(&document);
        (base, document, before)
    });
    let mut problems = Vec::new();
    for kind in KINDS {
        let (mut made, mut by) = (0, BTreeSet::new());
        for (base, document, before) in &bases {
            for (place, mutant) in (kind.change)(document) {
                made += 1;
                let after = found(&mutant);
                let new: BTreeSet<&str> = after
                    .iter()
                    .filter(|(code, count)| **count > before.get(*code).copied().unwrap_or(0))
                    .map(|it| *it.0)
                    .collect();
                by.extend(new.iter().copied());
                let is_found = match kind.finds {
                    Finds::Always(rules) => new.iter().any(|code| rules.contains(code)),
                    Finds::OrMeant(..) => true,
                };
                if !is_found {
                    problems.push(format!("{}: {base}: {place}: found by {new:?}", kind.name));
                }
            }
        }
        println!("{:<55} {made:>4} {by:?}", kind.name);
        let (rules, reason) = match kind.finds {
            Finds::Always(rules) => (rules, "-"),
            Finds::OrMeant(rules, reason) => (rules, reason),
        };
        if made == 0 || reason.is_empty() {
            problems.push(format!("{}: made {made} times", kind.name));
        }
        for rule in rules.iter().filter(|rule| !by.contains(**rule)) {
            problems.push(format!("{}: never found by {rule}", kind.name));
        }
    }
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
