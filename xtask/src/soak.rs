//! `cargo xtask soak`: events without end on each broker, which is killed and started again every half minute. Nothing that
//! must not be lost is, and what is lost is counted, or it fails.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let arguments = format!("run --release --locked --package pontoon-conformance --bin soak -- {}", words.join(" "));
    steps::run(&[Step::cargo("soak", &arguments)])
}
