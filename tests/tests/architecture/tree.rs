//! The repository as the architecture's tests see it: its sources, manifests, documents, and what cargo says of crates.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The folder that holds the workspace.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The text of a file, named from the root.
pub(crate) fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Every Rust file of the repository.
pub(crate) fn sources() -> Vec<String> {
    sources_below("")
}

/// Every Rust file below a folder; none if the folder is not there.
pub(crate) fn sources_below(folder: &str) -> Vec<String> {
    files(folder, &|file| file.ends_with(".rs"))
}

/// Every manifest below the root, with the name of its crate.
pub(crate) fn manifests() -> Vec<(String, String)> {
    let named = |file: String| {
        let text = read(&file);
        let package = text.split("[package]").nth(1)?;
        let name = package.lines().find_map(|line| line.strip_prefix("name = "))?;
        Some((file, name.trim_matches('"').to_owned()))
    };
    files("", &|file| file == "Cargo.toml" || file.ends_with("/Cargo.toml")).into_iter().filter_map(named).collect()
}

/// The names of the crates that a crate of the workspace depends on directly, tests aside.
pub(crate) fn dependencies(name: &str) -> BTreeSet<String> {
    let mut names = tree(name, "normal,build", &["--depth", "1", "--all-features"]);
    names.remove(name);
    names
}

/// The names of all crates that come with a crate, itself among them, as its users get it.
pub(crate) fn closure(name: &str) -> BTreeSet<String> {
    tree(name, "normal", &[])
}

fn tree(name: &str, edges: &str, more: &[&str]) -> BTreeSet<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo)
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--format", "{p}", "--edges", edges])
        .args(["--package", name])
        .args(more)
        .current_dir(root())
        .output()
        .expect("cargo runs");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("cargo prints UTF-8");
    // Its headings, `[dev-dependencies]`, stand among the lines.
    let lines = text.lines().filter(|line| !line.starts_with('['));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

fn files(folder: &str, wanted: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let name = entry.file_name();
            // What cargo and the fuzzer build, and what starts with a dot, is not the repository.
            let ours = name != "target" && name != "node_modules" && !name.to_string_lossy().starts_with('.');
            if path.is_dir() && ours {
                folders.push(path);
            } else if let Some(file) = path.strip_prefix(root()).ok().and_then(Path::to_str)
                && ours
                && wanted(file)
            {
                found.push(file.to_owned());
            }
        }
    }
    found.sort();
    found
}
