//! `cargo xtask brokers`: real brokers for tests and programs that one starts by hand, until Ctrl-C.

use crate::setup;
use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let mut steps = match setup::brokers() {
        Ok(steps) => steps,
        Err(problem) => return setup::refuse(&problem),
    };
    let arguments = format!("run --quiet --locked --package pontoon-brokers -- {}", words.join(" "));
    steps.push(Step::cargo("brokers", &arguments));
    steps::run(&steps)
}
