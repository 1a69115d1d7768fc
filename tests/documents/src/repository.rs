//! The documents of the repository, and the files that they speak of.

#![allow(clippy::expect_used, clippy::panic, reason = "tests alone call it")]

use std::path::{Path, PathBuf};

/// The folder that holds the workspace.
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).map(Path::to_path_buf).unwrap_or_default()
}

/// The text of a file, named from the root.
pub fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Where documents for users are, beside those at the root: the manual, and what each example and package says of
/// itself.
const FOLDERS: [&str; 10] = [
    "cli",
    "compiler",
    "docs",
    "docs/guide",
    "examples/quickstart",
    "examples/shop",
    "examples/split",
    "macros",
    "runtime",
    "schema",
];

/// What a user reads: the documents at the root, those below docs/, and the README of each example and package.
pub fn documents() -> Vec<String> {
    [""].iter().chain(&FOLDERS).flat_map(|folder| markdown_in(folder)).collect()
}

/// The documents whose commands and snippets are run: the README, and all below docs/.
pub fn manual() -> Vec<String> {
    documents().into_iter().filter(|file| file == "README.md" || file.starts_with("docs/")).collect()
}

/// The pages of the guide, in the order of its summary.
pub fn guide() -> Vec<String> {
    let pages = crate::markdown::links(&read("docs/SUMMARY.md"));
    let pages: Vec<String> = pages.into_iter().filter(|page| page.starts_with("guide/")).collect();
    assert!(pages.len() > 5, "docs/SUMMARY.md names the pages of the guide");
    pages.iter().map(|page| format!("docs/{page}")).collect()
}

/// The files of the program that the pages of the guide make together.
pub fn program() -> Vec<(String, String)> {
    let pages: Vec<String> = guide().iter().map(|page| read(page)).collect();
    crate::markdown::files(&pages)
}

/// Writes the part of a document between its two markers anew where `PONTOON_BLESS` says so, and says whether it is as
/// expected.
pub fn is_fresh(file: &str, part: &str, expected: &str) -> bool {
    let text = read(file);
    let (begin, end) = (format!("<!-- {part}: begin -->\n"), format!("<!-- {part}: end -->\n"));
    let (before, rest) = text.split_once(&begin).unwrap_or_else(|| panic!("{file} has no line {begin}"));
    let (found, after) = rest.split_once(&end).unwrap_or_else(|| panic!("{file} has no line {end}"));
    if std::env::var_os("PONTOON_BLESS").is_some() && found != expected {
        let text = format!("{before}{begin}{expected}{end}{after}");
        std::fs::write(root().join(file), text).expect("the document can be written");
        return true;
    }
    found == expected
}

fn markdown_in(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(root().join(folder)).unwrap_or_else(|error| panic!("{folder}: {error}"));
    let names = entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned());
    let names = names.filter(|name| name.ends_with(".md"));
    let mut files: Vec<String> =
        names.map(|name| format!("{folder}/{name}").trim_start_matches('/').to_owned()).collect();
    files.sort();
    files
}
