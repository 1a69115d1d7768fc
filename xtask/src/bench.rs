//! `cargo xtask bench`: runs the benchmarks, optimised. They are a package of their own, so that nobody else has to
//! build what they compare with.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let arguments = format!("run --release --locked --package pontoon-bench -- {}", words.join(" "));
    steps::run(&[Step::cargo("bench", &arguments)])
}
