//! Commands are typed by a test. This one runs the programs of the examples; `cargo pontoon` is run by the tests of
//! `cli/`, and what `cargo xtask` knows by those of `xtask/`.

use std::process::Command;

use pontoon_documents::markdown::commands;
use pontoon_documents::repository::{manual, read, root};

/// What a test runs, or need not.
enum Kind<'c> {
    /// An example, with the words behind `cargo`.
    Example(&'c str),
    /// Run, or parsed, by another test: the command line, the chores, and the guide's own tests.
    Elsewhere,
    /// Installs something from a folder of the repository.
    Installing(&'c str),
    Unknown,
}

fn kind(command: &str) -> Kind<'_> {
    let elsewhere = ["cargo pontoon ", "cargo xtask "];
    match command.strip_prefix("cargo ") {
        Some(words) if words.starts_with("run -p ") => Kind::Example(words),
        Some("test") => Kind::Elsewhere,
        Some(_) if elsewhere.iter().any(|start| command.starts_with(start)) => Kind::Elsewhere,
        Some(words) => words.strip_prefix("install --path ").map_or(Kind::Unknown, Kind::Installing),
        None => Kind::Unknown,
    }
}

#[test]
fn every_command_of_the_documents_runs() {
    let mut problems = Vec::new();
    let mut examples = Vec::new();
    for document in manual() {
        for (line, command) in commands(&read(&document)) {
            let problem = match kind(&command) {
                Kind::Example(words) => {
                    if !examples.iter().any(|known| known == words) {
                        examples.push(words.to_owned());
                    }
                    None
                }
                Kind::Elsewhere => None,
                Kind::Installing(folder) if root().join(folder).join("Cargo.toml").is_file() => None,
                Kind::Installing(folder) => Some(format!("there is no crate in {folder}")),
                Kind::Unknown => Some(format!("no test runs `{command}`")),
            };
            problems.extend(problem.map(|problem| format!("{document}:{line}: {problem}")));
        }
    }
    assert!(!examples.is_empty(), "the documents run no example");
    problems.extend(examples.iter().filter_map(|words| failed(words)));
    assert!(problems.is_empty(), "commands of the documents:\n  {}\n", problems.join("\n  "));
}

/// What an example said if it failed.
fn failed(words: &str) -> Option<String> {
    let output = Command::new(env!("CARGO"))
        .args(words.split_whitespace())
        .args(["--offline", "--locked", "--quiet"])
        .current_dir(root())
        // What the build script of these tests has handed over.
        .env_remove(pontoon_schema::handover::VARIABLE)
        .env_remove("PONTOON_ENV")
        .output()
        .expect("cargo can be run");
    let said = || String::from_utf8_lossy(&output.stderr).into_owned();
    (!output.status.success()).then(|| format!("`cargo {words}` failed:\n{}", said()))
}
