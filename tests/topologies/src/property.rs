//! What has to hold for any bytes. The fuzz target runs it on what it makes up, the tests on the corpus.

#![allow(clippy::panic, reason = "a test, in functions of its own")]

use pontoon_compiler::diagnostic::Style;
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use std::io;

/// A folder with one file in it.
struct Alone<'a>(&'a [u8]);

impl Files for Alone<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == "topology.yaml" { Ok(self.0.to_vec()) } else { Err(io::ErrorKind::NotFound.into()) }
    }
}

/// Either it is refused with findings that can be shown, and nothing is generated; or it compiles, and what is
/// generated is Rust.
///
/// # Panics
/// It is neither.
pub fn holds(text: &[u8]) {
    let request = Request { origin: "topology.yaml".to_owned(), ..Request::default() };
    let compiled = compile(&Input {
        path: "topology.yaml",
        files: &Alone(text),
        limits: Limits::default(),
        today: pontoon_schema::document::Date::from_unix_seconds(0),
        request: &request,
        code: None,
    });
    let report = compiled.findings.render(&compiled.sources, Style::PLAIN);
    assert_eq!(compiled.findings.is_empty(), report.is_empty());
    if compiled.findings.has_errors() {
        assert!(compiled.files.is_empty(), "code was generated in spite of errors");
        return;
    }
    assert!(!compiled.files.is_empty(), "neither findings nor code");
    for file in compiled.files.iter().filter(|file| file.name.ends_with(".rs")) {
        if let Err(error) = syn::parse_file(&file.text) {
            panic!("{} is not Rust: {error}\n{}", file.name, file.text);
        }
    }
}
