//! Every `cargo pontoon …` of the README and of docs/ is typed: in the folder of the program that the pages of the
//! guide make.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use std::fs;
use std::path::Path;
use std::process::Command;

use pontoon_documents::markdown::commands;
use pontoon_documents::repository::{manual, program, read};

#[test]
fn every_command_of_the_documents_does_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    for (name, text) in program() {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::write(file, text).expect("a file can be written");
    }
    let (mut problems, mut typed) = (Vec::new(), 0);
    for document in manual() {
        for (line, command) in commands(&read(&document)) {
            let Some(words) = command.strip_prefix("cargo pontoon ") else { continue };
            typed += 1;
            problems.extend(failed(words, folder.path()).map(|why| format!("{document}:{line}: {why}")));
        }
    }
    assert!(typed > 10, "only {typed} commands were found");
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// What a command said if it failed.
fn failed(words: &str, folder: &Path) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_cargo-pontoon"))
        .arg("pontoon")
        .args(words.split_whitespace())
        .current_dir(folder)
        .output()
        .expect("the tool runs");
    let said = || String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    (!output.status.success()).then(|| format!("`cargo pontoon {words}`: {}", said()))
}
