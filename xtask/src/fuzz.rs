//! `cargo xtask fuzz`: cargo-fuzz on the compiler, on nightly. Its corpus also runs in `cargo xtask test`, on stable.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let seconds = match words {
        [] => "60",
        [seconds] if seconds.parse::<u32>().is_ok() => seconds,
        _ => {
            eprintln!("cargo xtask fuzz [SECONDS]: the seconds are a number, 60 if left out");
            return ExitCode::from(2);
        }
    };
    let mut steps = Vec::new();
    if !Step::rustup("nightly", "run nightly rustc --version").succeeds() {
        steps.push(Step::rustup("nightly", "toolchain install nightly --profile minimal"));
    }
    if !Step::cargo("cargo-fuzz", "fuzz --version").succeeds() {
        steps.push(Step::cargo("cargo-fuzz", "install cargo-fuzz --locked"));
    }
    // What the fuzzer finds new goes to a folder of its own: the committed corpus stays small and chosen by hand.
    let target = "run nightly cargo fuzz run --fuzz-dir compiler/fuzz compile target/fuzz-corpus compiler/fuzz/corpus";
    steps.push(Step::rustup("fuzz", &format!("{target} -- -max_total_time={seconds} -timeout=5 -rss_limit_mb=2048")));
    if let Err(error) = std::fs::create_dir_all(steps::root().join("target/fuzz-corpus")) {
        eprintln!("could not make target/fuzz-corpus: {error}");
        return ExitCode::from(2);
    }
    steps::run(&steps)
}
