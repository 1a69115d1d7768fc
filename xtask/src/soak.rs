//! `cargo xtask soak`: events, then jobs, without end on each broker, which is killed and started again every half
//! minute, and jobs on the local disk, where it is the process that is. Nothing that must not be lost is, and what is
//! lost is counted, or it fails. With `--mixed`: payments and their receipts, while units, brokers and stores are
//! killed, frozen, cut off, replaced and renamed at random.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let arguments = format!("run --release --locked --package pontoon-conformance --bin soak -- {}", words.join(" "));
    // Cargo builds with a program only what that is made of, not what it starts.
    let programs = "build --release --locked --package pontoon-conformance --bin unit --bin keeper";
    steps::run(&[Step::cargo("what it starts", programs), Step::cargo("soak", &arguments)])
}
