//! Every `cargo pontoon …` of the README and of docs/ is typed: in the folder of the program that the pages of the guide make.
#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

#[allow(dead_code, reason = "the tests of the documents use the rest")]
#[path = "../../tests/tests/documents/markdown.rs"]
mod markdown;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

#[test]
fn every_command_of_the_documents_does_what_it_says() {
    let folder = tempfile::tempdir().expect("a folder can be made");
    write_the_program(folder.path());
    let (mut problems, mut typed) = (Vec::new(), 0);
    for document in documents() {
        let text = fs::read_to_string(&document).expect("a document can be read");
        for (line, command) in markdown::commands(&text) {
            let Some(words) = command.strip_prefix("cargo pontoon ") else { continue };
            typed += 1;
            problems.extend(failed(words, folder.path()).map(|why| format!("{}:{line}: {why}", document.display())));
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

/// Writes the files of the guide, in the order of its summary.
fn write_the_program(folder: &Path) {
    let summary = fs::read_to_string(root().join("docs/SUMMARY.md")).expect("the summary can be read");
    let pages = markdown::links(&summary).into_iter().filter(|page| page.starts_with("guide/"));
    let pages = pages.map(|page| fs::read_to_string(root().join("docs").join(page)).expect("a page can be read"));
    let files = markdown::files(&pages.collect::<Vec<_>>());
    assert!(files.iter().any(|(name, _)| name == "topology.yaml"), "the guide has a topology");
    for (name, text) in files {
        let file = folder.join(name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder can be made");
        fs::write(file, text).expect("a file can be written");
    }
}

/// The README, and all pages of the documents.
fn documents() -> Vec<PathBuf> {
    let pages = ["docs", "docs/guide"].into_iter().flat_map(|folder| {
        let entries = fs::read_dir(root().join(folder)).expect("the documents are there");
        entries.flatten().map(|entry| entry.path())
    });
    let mut documents: Vec<PathBuf> = pages.filter(|path| path.extension().is_some_and(|end| end == "md")).collect();
    documents.push(root().join("README.md"));
    documents.sort();
    documents
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("cli/ is in the repository")
}
