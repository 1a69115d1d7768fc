//! `cargo xtask setup`: what a clone needs before it can be built and tested without a network.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(_: &[String]) -> ExitCode {
    let mut steps = Vec::new();
    for (component, probe) in [("rustfmt", "fmt --version"), ("clippy", "clippy --version")] {
        if Step::cargo(component, probe).succeeds() {
            println!("{component} is there");
        } else {
            steps.push(Step::rustup(component, &format!("component add {component}")));
        }
    }
    steps.push(Step::cargo("crates", "fetch --locked"));
    steps::run(&steps)
}
