//! Topologies that nobody would write, by the hundred: each is refused with findings, or becomes Rust.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod topology;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use pontoon_schema::document::Date;
use pontoon_topologies::property;
use topology::Care;

/// Always the same topologies: a failure here is one everywhere.
fn runner(cases: u32) -> TestRunner {
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    TestRunner::new_with_rng(Config { cases, failure_persistence: None, ..Config::default() }, rng)
}

/// Runs the property on topologies that were made with this care.
fn holds(care: Care, cases: u32) {
    let made = runner(cases).run(&topology::topology(care), |text| {
        property::holds(text.as_bytes());
        Ok(())
    });
    if let Err(error) = made {
        panic!("{error}");
    }
}

#[test]
fn what_is_made_with_care_is_refused_or_becomes_rust() {
    holds(Care::Valid, 160);
}

#[test]
fn what_is_made_with_slips_is_refused_or_becomes_rust() {
    holds(Care::Slips, 200);
}

#[test]
fn what_is_made_with_malice_is_refused_or_becomes_rust() {
    holds(Care::Malice, 200);
}

#[test]
fn text_that_was_cut_and_stirred_is_refused_or_becomes_rust() {
    let damage = (any::<prop::sample::Index>(), any::<prop::sample::Index>(), "[ -~\u{e9}\u{202e}\n\t]{0,3}");
    let damaged = (topology::topology(Care::Valid), damage).prop_map(|(text, (from, to, instead))| {
        let characters: Vec<char> = text.chars().collect();
        let (from, to) = (from.index(characters.len()), to.index(characters.len()));
        // Most cuts are short: a long one leaves nothing to look at.
        let to = from.max(to.min(from + 8));
        characters[..from]
            .iter()
            .chain(&instead.chars().collect::<Vec<_>>())
            .chain(&characters[to..])
            .collect::<String>()
    });
    let made = runner(300).run(&damaged, |text| {
        property::holds(text.as_bytes());
        Ok(())
    });
    if let Err(error) = made {
        panic!("{error}");
    }
}

/// A topology that is one text.
struct Alone<'a>(&'a str);

impl Files for Alone<'_> {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

/// How many of some topologies compile.
fn accepted(care: Care) -> usize {
    let request = Request { origin: "topology.yaml".to_owned(), ..Request::default() };
    let mut runner = runner(1);
    let made = std::iter::repeat_with(|| topology::topology(care).new_tree(&mut runner).expect("a topology").current());
    let compiles = |text: &String| {
        let today = Date::from_unix_seconds(0);
        let files = Alone(text);
        let input = Input {
            path: "topology.yaml",
            files: &files,
            limits: Limits::default(),
            today,
            request: &request,
            code: None,
        };
        !compile(&input).findings.has_errors()
    };
    made.take(60).filter(compiles).count()
}

#[test]
fn care_is_rewarded_and_malice_is_not() {
    let (valid, slips, malice) = (accepted(Care::Valid), accepted(Care::Slips), accepted(Care::Malice));
    assert!(valid >= 50, "{valid} of 60 topologies made with care were accepted");
    assert!(slips < valid, "{slips} of 60 topologies with slips were accepted");
    assert!(malice <= 5, "{malice} of 60 topologies made with malice were accepted");
}
