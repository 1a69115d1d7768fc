//! The architecture as tests: which crate may see which, what the compiler's stages may touch, what generated code may
//! name, and how files are kept. Each test states one invariant of ARCHITECTURE.md and lists everything that breaks it.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod adapters;
mod examples;
mod paths;
mod runtime;
mod signatures;
mod tree;

use paths::{ends, paths_of};
use std::collections::BTreeSet;
use tree::{dependencies, manifests, read, sources, sources_below};

/// The arrows between our own crates: who may depend on whom, directly.
const ARROWS: &[(&str, &[&str])] = &[
    ("pontoon-schema", &[]),
    ("pontoon-compiler", &["pontoon-schema"]),
    ("pontoon-macros", &["pontoon-schema"]),
    ("pontoon", &["pontoon-macros", "pontoon-schema"]),
    ("cargo-pontoon", &["pontoon-compiler"]),
];

/// What carries messages and tasks while a program runs. The compiler runs before there is one.
const RUNNING: &[&str] = &[
    "tokio",
    "async-nats",
    "lapin",
    "rumqttc",
    "rumqttc-next",
    "redis",
    "rusqlite",
    "hyper",
    "axum",
    "reqwest",
    "lambda_runtime",
    "aws-config",
    "opentelemetry",
    "tracing",
];

/// What reads, draws and generates at build time. A running program carries none of it.
const BUILDING: &[&str] =
    &["pontoon-compiler", "petgraph", "miette", "prettyplease", "saphyr-parser", "schemars", "serde_yaml", "clap"];

/// The modules of std that reach out of the compiler.
const WORLD: &[&str] = &["fs", "env", "time", "process", "net"];

fn none(what: &str, broken: &[String]) {
    assert!(broken.is_empty(), "{what}:\n  {}\n", broken.join("\n  "));
}

#[test]
fn arrows_between_crates_never_run_upward() {
    let mut broken = Vec::new();
    for (name, allowed) in ARROWS {
        let ours = dependencies(name).into_iter().filter(|other| ARROWS.iter().any(|(known, _)| known == other));
        broken.extend(ours.filter(|other| !allowed.contains(&other.as_str())).map(|other| format!("{name} → {other}")));
    }
    none("dependencies that run upward (schema ← compiler ← cli, schema ← macros ← runtime)", &broken);
}

#[test]
fn every_crate_has_its_place_in_the_arrows() {
    let placed = ARROWS.iter().map(|(name, _)| *name);
    let apart = ["pontoon-tests", "pontoon-conformance", "xtask", "pontoon-fuzz", "pontoon-brokers"];
    let measured = ["pontoon-bench", "pontoon-boutique"];
    let known: BTreeSet<String> = placed.chain(apart).chain(measured).map(str::to_owned).collect();
    let examples = |path: &str| path.starts_with("examples/") || path.starts_with("tests/");
    let unknown: Vec<String> = manifests()
        .into_iter()
        .filter(|(path, name)| !examples(path) && !known.contains(name))
        .map(|(path, name)| format!("{name} ({path})"))
        .collect();
    none("crates that ARROWS does not know", &unknown);
}

/// Editors alone need the JSON Schema, and who tries Pontoon waits for whatever comes with the quickstart.
#[test]
fn a_first_build_carries_no_schema_and_no_regular_expressions() {
    let carried = |name: &str, unwanted: &[&str]| {
        let carried = tree::closure(name);
        let found = unwanted.iter().filter(|unwanted| carried.contains(**unwanted));
        found.map(|unwanted| format!("{name} → {unwanted}")).collect::<Vec<_>>()
    };
    let compiler = carried("pontoon-compiler", &["schemars", "serde_json", "rustix"]);
    none("what a build script has no need of", &compiler);
    none("what the quickstart has no need of", &carried("quickstart", &["regex-automata", "regex-syntax"]));
}

#[test]
fn the_compiler_carries_no_client_and_no_executor() {
    let carried = tree::closure("pontoon-compiler");
    let broken: Vec<String> = carried.into_iter().filter(|name| RUNNING.contains(&name.as_str())).collect();
    none("crates in the compiler's tree", &broken);
}

#[test]
fn the_runtime_carries_nothing_of_the_compiler() {
    let carried = tree::closure("pontoon");
    let broken: Vec<String> = carried.into_iter().filter(|name| BUILDING.contains(&name.as_str())).collect();
    none("crates in the runtime's tree", &broken);
}

#[test]
fn the_schema_without_its_documents_depends_on_nothing() {
    assert_eq!(tree::closure("pontoon-schema"), BTreeSet::from(["pontoon-schema".to_owned()]));
}

#[test]
fn crates_import_only_downward() {
    let folders = [("schema", "pontoon-schema"), ("compiler", "pontoon-compiler"), ("macros", "pontoon-macros")];
    let folders = folders.into_iter().chain([("runtime", "pontoon"), ("cli", "cargo-pontoon")]);
    let mut broken = Vec::new();
    for (folder, name) in folders {
        let allowed = ARROWS.iter().find(|(known, _)| *known == name).map_or(&[][..], |(_, allowed)| *allowed);
        let forbidden: Vec<String> = ARROWS
            .iter()
            .map(|(other, _)| *other)
            .filter(|other| *other != name && !allowed.contains(other))
            .map(|other| other.replace('-', "_"))
            .collect();
        for file in sources_below(&format!("{folder}/src")) {
            // `pontoon` is also what the front door of the compiler prints into code; a path there is quoted, not used.
            let used = paths_of(&read(&file)).into_iter().filter(|path| !path.quoted);
            broken.extend(
                used.filter(|path| path.segments.len() > 1 && forbidden.contains(&path.segments[0]))
                    .map(|path| format!("{file}: {}", path.segments.join("::"))),
            );
        }
    }
    none("paths that run upward", &broken);
}

#[test]
fn the_stages_of_the_compiler_are_pure() {
    let front_door = |file: &str| file == "compiler/src/build.rs" || file.starts_with("compiler/src/build/");
    let mut broken = Vec::new();
    for file in sources_below("compiler/src").into_iter().filter(|file| !front_door(file)) {
        for path in paths_of(&read(&file)).into_iter().filter(|path| !path.quoted) {
            let reaches_out = path.segments.first().is_some_and(|first| first == "std")
                && path.segments.get(1).is_some_and(|second| WORLD.contains(&second.as_str()));
            // A length of time is data; only the clock is the world.
            let is_data = path.segments.get(1).is_some_and(|second| second == "time") && ends(&path, "Duration");
            if reaches_out && !is_data {
                broken.push(format!("{file}: {}", path.segments.join("::")));
            }
        }
    }
    none("files, environment, clock, processes or network outside compiler/src/build", &broken);
}

#[test]
fn only_the_diagnostics_know_miette_and_only_the_reader_knows_yaml() {
    let homes = [
        ("miette", "compiler/src/diagnostic"),
        ("serde_yaml", "compiler/src/read"),
        ("saphyr_parser", "compiler/src/read"),
        ("petgraph", "compiler/src/graph"),
        ("prettyplease", "compiler/src/emit"),
    ];
    let mut broken = Vec::new();
    for file in sources_below("compiler/src") {
        for path in paths_of(&read(&file)).into_iter().filter(|path| !path.quoted && path.segments.len() > 1) {
            let stray = homes.iter().find(|(name, home)| path.segments[0] == *name && !file.starts_with(home));
            broken.extend(stray.map(|(name, home)| format!("{file}: {name} belongs in {home}")));
        }
    }
    none("libraries outside the one module that may know them", &broken);
}

#[test]
fn only_its_adapter_knows_the_client_of_a_broker() {
    let homes = [
        ("lapin", "runtime/src/bridge/amqp"),
        ("async_nats", "runtime/src/bridge/nats"),
        ("rumqttc", "runtime/src/bridge/mqtt"),
        ("redis", "runtime/src/store/redis"),
        ("rusqlite", "runtime/src/embedded"),
    ];
    let mut broken = Vec::new();
    // Jobs have a bridge beside the store, over the same connections.
    let carries_jobs = |file: &String| file.starts_with("runtime/src/bridge/redis/");
    for file in sources_below("runtime/src").into_iter().filter(|file| !carries_jobs(file)) {
        for path in paths_of(&read(&file)).into_iter().filter(|path| !path.quoted && path.segments.len() > 1) {
            let stray = homes.iter().find(|(name, home)| path.segments[0] == *name && !file.starts_with(home));
            broken.extend(stray.map(|(name, home)| format!("{file}: {name} belongs in {home}")));
        }
    }
    none("clients of brokers outside of their adapters", &broken);
}

#[test]
fn text_of_others_is_logged_in_one_line() {
    let mut broken = Vec::new();
    for file in sources_below("runtime/src") {
        let text = read(&file);
        for shorthand in ["%error", "%malformed", "%trouble", "%why", "%reason", "%broker"] {
            let wrapped = format!("let {} = OneLine(", shorthand.trim_start_matches('%'));
            if text.contains(shorthand) && !text.contains(&wrapped) {
                broken.push(format!(
                    "{file}: {shorthand}, which may hold a line of its own; write `error = %OneLine(&error)`"
                ));
            }
        }
    }
    none("text of others that could begin a line of the log", &broken);
}

#[test]
fn generated_code_names_only_pontoon_and_std() {
    let ours = ["crate", "self", "super", "std", "pontoon"];
    let others: BTreeSet<String> = tree::closure("pontoon")
        .into_iter()
        .chain(tree::closure("pontoon-compiler"))
        .map(|name| name.replace('-', "_"))
        .filter(|name| !ours.contains(&name.as_str()))
        .collect();
    let mut broken = Vec::new();
    for file in sources_below("tests/generated") {
        for path in paths_of(&read(&file)).into_iter().filter(|path| path.segments.len() > 1) {
            if others.contains(&path.segments[0]) || path.segments[0] == "core" || path.segments[0] == "alloc" {
                broken.push(format!("{file}: {}", path.segments.join("::")));
            }
        }
    }
    none("paths in generated code that lead elsewhere", &broken);
}

#[test]
fn every_file_opens_by_saying_what_it_is() {
    // What the compiler generates, and what tests let rustc refuse, stands for files of users.
    let of_users = |file: &str| file.starts_with("tests/generated/") || file.starts_with("tests/derives/");
    let silent: Vec<String> =
        sources().into_iter().filter(|file| !of_users(file) && !read(file).starts_with("//!")).collect();
    none("files that do not start with `//!`", &silent);
}

#[test]
fn no_file_is_longer_than_600_lines() {
    let long: Vec<String> = sources()
        .into_iter()
        .map(|file| (read(&file).lines().count(), file))
        .filter(|(lines, file)| *lines > 600 && !file.starts_with("tests/generated/"))
        .map(|(lines, file)| format!("{file}: {lines} lines"))
        .collect();
    none("files to split", &long);
}

#[test]
fn half_of_the_files_fit_on_three_screens() {
    let mut lengths: Vec<usize> = sources()
        .into_iter()
        .filter(|file| !file.starts_with("tests/"))
        .map(|file| read(&file).lines().count())
        .collect();
    lengths.sort_unstable();
    let median = lengths[lengths.len() / 2];
    assert!(median <= 150, "the median file has {median} lines, more than 150");
}

#[test]
fn no_file_has_a_name_that_says_nothing() {
    let empty = ["util", "utils", "helper", "helpers", "common", "misc", "manager"];
    let vague: Vec<String> = sources()
        .into_iter()
        .filter(|file| file.trim_end_matches(".rs").split('/').any(|part| empty.contains(&part)))
        .collect();
    none("names that say nothing", &vague);
}
