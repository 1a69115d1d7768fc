//! `cargo xtask fuzz`: cargo-fuzz on the compiler, on nightly. Its corpus also runs in `cargo xtask test`, on stable.
//!
//! `cargo xtask fuzz --compile N [SEED]`: random topologies until N are accepted, compiled by rustc and run in memory. Twenty are in
//! `cargo xtask test`.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let number = |word: &String| word.parse::<u32>().is_ok();
    let seconds = match words {
        [flag, count] if flag == "--compile" && number(count) => return compiled(count, "1"),
        [flag, count, seed] if flag == "--compile" && number(count) && number(seed) => return compiled(count, seed),
        [] => "60",
        [seconds] if seconds.parse::<u32>().is_ok() => seconds,
        _ => {
            eprintln!(
                "cargo xtask fuzz [SECONDS] | --compile N [SEED]: numbers; 60 seconds if left out, and the seed is 1"
            );
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

fn compiled(count: &str, seed: &str) -> ExitCode {
    let test = Step::cargo("random topologies", "test --locked --package pontoon-random -- --nocapture");
    steps::run(&[test.with("PONTOON_RANDOM", count).with("PONTOON_SEED", seed)])
}
