//! What is said to cargo, and through it to the user.

use std::path::{Path, PathBuf};

use crate::Compiled;
use crate::diagnostic::{Diagnostic, Style};
use crate::source::Sources;

/// The features that the crate `pontoon` was built with, with commas between them. Cargo sets it for the build scripts
/// of crates that depend on `pontoon` themselves, as that says so when it is built.
pub(super) const FEATURES: &str = "DEP_PONTOON_FEATURES";

/// The files whose change makes cargo run the build script again.
pub(super) fn rerun(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| format!("cargo::rerun-if-changed={}", file.display())).collect()
}

/// The findings as warnings: cargo shows one line of each. Of the crates of a workspace, the one with the contract says
/// what the topology has; the others only what comes of what they ask for themselves.
pub(super) fn warnings(compiled: &Compiled) -> impl Iterator<Item = String> {
    let all = compiled.selection.as_ref().is_some_and(|selection| selection.contract);
    let ours = compiled.findings.iter().filter(move |found| all || found.code == "not_yet_emitted");
    ours.map(|found| format!("cargo::warning={}", line(found, &compiled.sources)))
}

/// A finding in one line: `topology.yaml:12: pontoon::unheard_event: …`.
fn line(found: &Diagnostic, sources: &Sources) -> String {
    let place = found.span().and_then(|span| {
        let file = sources.file(span.file)?;
        Some(format!("{}:{}: ", file.name, sources.position(span).line))
    });
    let message = found.message.replace(['\n', '\r'], " ");
    format!("{}pontoon::{}: {message}", place.unwrap_or_default(), found.code)
}

/// All findings as they are shown in a terminal, with a last line that says what it means.
pub(super) fn report(compiled: &Compiled, topology: &Path, style: Style) -> String {
    let (findings, counts) = (compiled.findings.render(&compiled.sources, style), compiled.findings.counts());
    let topology = topology.display();
    format!("\n{findings}\n{topology} cannot be built as it is: {counts}; `cargo pontoon explain CODE` says more")
}

/// Cargo catches what build scripts say, so there is no terminal to ask: colours are for those who want them always.
pub(super) fn wants_colour(variable: impl Fn(&'static str) -> Option<String>) -> bool {
    let refused = variable("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && variable("CARGO_TERM_COLOR").is_some_and(|value| value == "always")
}

pub(super) fn no_out_dir() -> String {
    "pontoon: the variable OUT_DIR is not set, so there is no place for generated code: \
     `pontoon_compiler::build(…).run()` belongs into a build script, which cargo runs"
        .to_owned()
}

pub(super) fn no_such_file(path: &Path) -> String {
    format!(
        "pontoon: there is no file `{}`: the path in build.rs is relative to the Cargo.toml beside it",
        path.display()
    )
}

pub(super) fn not_a_path(runtime: &str) -> String {
    let runtime = pontoon_schema::name::shown(runtime);
    format!(
        "pontoon: `{runtime}` is not a Rust path: write `.runtime(\"company::pontoon\")`, as code of this crate would name it"
    )
}

pub(super) fn not_a_file(path: &Path) -> String {
    format!(
        "pontoon: `{}` is not the path of a file: write `pontoon_compiler::build(\"topology.yaml\")`",
        path.display()
    )
}
