//! `cargo xtask fuzz`: cargo-fuzz on the compiler, on nightly. Its corpus also runs in `cargo xtask test`, on stable.
//!
//! `cargo xtask fuzz --compile N [SEED]`: random topologies until N are accepted, compiled by rustc, in batches, and
//! run in memory. Twenty are in `cargo xtask test`.

use crate::steps::{self, Step};
use std::process::ExitCode;

pub(crate) fn run(words: &[String]) -> ExitCode {
    let number = |word: &String| word.parse::<u32>().ok();
    if let [flag, count, rest @ ..] = words
        && flag == "--compile"
        && let (Some(count), Some(seed)) = (number(count), rest.first().map_or(Some(1), number))
    {
        return compiled(count, seed);
    }
    let seconds = match words {
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

/// So many random topologies go through rustc together: more would be a program of gigabytes.
const TOGETHER: u32 = 25;

/// How far apart the seeds of two batches are: what is refused on the way takes seeds as well.
const APART: u32 = 10_000;

fn compiled(count: u32, seed: u32) -> ExitCode {
    let batch = |number: u32| {
        let (done, seed) = (number * TOGETHER, seed.saturating_add(number.saturating_mul(APART)));
        let test = "test --locked --package pontoon-random --target-dir target/random -- --nocapture";
        Step::cargo("random topologies", test)
            .with("PONTOON_RANDOM", (count - done).min(TOGETHER).to_string())
            .with("PONTOON_SEED", seed.to_string())
            // Nothing of it is built twice, and nobody opens a debugger.
            .with("CARGO_INCREMENTAL", "0")
            .with("CARGO_PROFILE_DEV_DEBUG", "0")
    };
    steps::run(&(0..count.div_ceil(TOGETHER)).map(batch).collect::<Vec<_>>())
}
