//! `cargo xtask test`: all that has to pass. Nothing here is skipped: what a step needs is part of the repository, or a
//! program that is installed first.

use crate::setup;
use crate::steps::{self, Step};
use std::process::ExitCode;

/// The adapters that an application may have without any other, and without TLS.
const FEATURES: [&str; 5] = ["amqp", "embedded", "mqtt", "nats", "redis"];

/// What is published, and the quickstart, which is built against that as it would be by a user.
const PACKAGES: [&str; 6] =
    ["pontoon-schema", "pontoon-compiler", "pontoon-macros", "pontoon", "cargo-pontoon", "quickstart"];

pub(crate) fn run(words: &[String]) -> ExitCode {
    let mut steps = match setup::programs() {
        Ok(steps) => steps,
        Err(problem) => return setup::refuse(&problem),
    };
    match words {
        [] => everything(&mut steps),
        [word] if word == "nats" => steps.extend([
            setup::newest_nats(),
            on_newest_nats("--test nats_core --test jetstream --test nats_adapter --test queue_nats"),
        ]),
        _ => {
            eprintln!("cargo xtask test: `{}` is not one of its words: nothing, or `nats`", words.join(" "));
            return ExitCode::from(2);
        }
    }
    steps::run(&steps)
}

fn everything(steps: &mut Vec<Step>) {
    let mut lints = vec![Step::cargo("clippy", "clippy --locked --workspace --all-targets -- -D warnings")];
    lints.extend(FEATURES.map(|feature| {
        Step::cargo(
            "an adapter alone",
            &format!("clippy --locked --package pontoon --features {feature} -- -D warnings"),
        )
    }));
    lints.push(Step::cargo("documents", "doc --locked --workspace --no-deps").with("RUSTDOCFLAGS", "-D warnings"));
    // The same words build the same programs.
    let tests = "test --locked --workspace --lib --bins --examples --tests";
    steps.extend([
        Step::cargo("format", "fmt --all --check"),
        Step::cargo("format of the fuzz target", "fmt --manifest-path compiler/fuzz/Cargo.toml --check"),
        setup::language_server(),
        setup::newest_nats(),
        Step::cargo("build of the tests", &format!("{tests} --no-run")),
        // Cases at brokers mostly wait: for leases, pauses and brokers that start.
        Step::cargo("tests", &format!("{tests} --no-fail-fast")).with("RUST_TEST_THREADS", "3").meanwhile(lints),
        on_newest_nats("--test queue_nats"),
        Step::cargo("the quickstart on the local disk", "test --locked --package quickstart --features durable"),
        Step::cargo("doc tests", "test --locked --workspace --doc --no-fail-fast"),
        packages(),
        Step::cargo("the shop on real brokers", "xtask demo shop"),
    ]);
}

/// Suites of the NATS adapter on the newest server: what all others are run on is Debian's, which is years older.
fn on_newest_nats(suites: &str) -> Step {
    Step::cargo("on the newest nats-server", &format!("test --locked --workspace {suites} --no-fail-fast"))
        .with("PONTOON_NATS_SERVER", setup::newest_nats_server())
}

/// The packages, packed and built from what is in them: each finds the others among the packed ones, not in this
/// repository.
fn packages() -> Step {
    let names: String = PACKAGES.map(|name| format!(" --package {name}")).concat();
    Step::cargo("packages", &format!("package --locked --offline --allow-dirty --no-metadata --all-features{names}"))
}
