//! The generator: the committed files under `tests/generated/` are what it prints (`PONTOON_BLESS=1` writes them anew),
//! it prints the same every time, and not much. `generated_code` compiles and runs them.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod expected;
mod planned;
mod refused;
mod selected;
mod size;

use pontoon_compiler::diagnostic::Style;
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Compiled, Input, compile};
use pontoon_schema::document::Date;

/// A topology that is one text.
struct Text<'a>(&'a str);

impl Files for Text<'_> {
    fn read(&self, _: &str) -> std::io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

/// What the compiler makes of `text`.
fn compiled(text: &str, request: &Request) -> Compiled {
    let today = Date::new(2026, 11, 23).expect("a day");
    compile(&Input { path: "topology.yaml", files: &Text(text), limits: Limits::default(), today, request, code: None })
}

/// What is found in `text`, as the terminal shows it.
fn report(text: &str, request: &Request) -> String {
    let compiled = compiled(text, request);
    compiled.findings.render(&compiled.sources, Style::PLAIN)
}

/// A request of the crate `krate`.
fn request(krate: &str) -> Request {
    Request { krate: Some(krate.to_owned()), origin: "topology.yaml".to_owned(), ..Request::default() }
}

/// A request of the crate `shop`.
fn asking(deployments: &[&str], environments: &[&str]) -> Request {
    let owned = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    Request { deployments: owned(deployments), environments: owned(environments), ..request("shop") }
}

#[track_caller]
fn assert_says(report: &str, parts: &[&str]) {
    let missing: Vec<&&str> = parts.iter().filter(|part| !report.contains(**part)).collect();
    assert!(missing.is_empty(), "{missing:?} is missing in\n{report}");
}
