//! `cargo xtask soak`: events without end on each broker, which is killed and started again every half minute. Nothing
//! that must not be lost is, and what is lost is counted, or it fails. With `--mixed`: payments, while units, brokers
//! and stores are killed, frozen, cut off, replaced and renamed at random.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let arguments = format!("run --release --locked --package pontoon-conformance --bin soak -- {}", words.join(" "));
    // The soak starts it, and cargo builds with a program only what that is made of.
    let unit = Step::cargo("the units", "build --release --locked --package pontoon-conformance --bin unit");
    steps::run(&[unit, Step::cargo("soak", &arguments)])
}
