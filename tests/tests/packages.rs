//! What is published: each package says what it is, brings its licences and a README of its own, and nothing that only
//! this repository needs. `cargo xtask test` packs them and builds what is in them.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The packages, with their folders.
const PACKAGES: [(&str, &str); 5] = [
    ("pontoon-schema", "schema"),
    ("pontoon-compiler", "compiler"),
    ("pontoon-macros", "macros"),
    ("pontoon", "runtime"),
    ("cargo-pontoon", "cli"),
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map(Path::to_path_buf).expect("the repository")
}

fn read(file: &str) -> String {
    std::fs::read_to_string(root().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// What cargo prints.
fn cargo(arguments: &[&str]) -> String {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let output = Command::new(cargo).args(arguments).current_dir(root()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("cargo prints UTF-8")
}

/// What cargo makes of the manifests of the workspace.
fn manifests() -> Vec<Value> {
    let metadata = cargo(&["metadata", "--offline", "--locked", "--no-deps", "--format-version", "1"]);
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo prints JSON");
    metadata["packages"].as_array().expect("a list").clone()
}

#[test]
fn every_package_says_what_it_is() {
    let manifests = manifests();
    for (name, folder) in PACKAGES {
        let manifest = manifests.iter().find(|manifest| manifest["name"] == name).expect("a package of the workspace");
        for key in ["description", "license", "rust_version"] {
            assert!(manifest[key].is_string(), "{folder}/Cargo.toml: {key}");
        }
        for key in ["categories", "keywords"] {
            assert!(manifest[key].as_array().is_some_and(|list| !list.is_empty()), "{folder}/Cargo.toml: {key}");
        }
        assert_eq!(manifest["readme"], "README.md", "{folder}/Cargo.toml: readme");
        assert_eq!(manifest["metadata"]["docs"]["rs"]["all-features"], true, "{folder}/Cargo.toml: docs.rs");
        assert!(read(&format!("{folder}/README.md")).starts_with(&format!("# {name}\n")), "{folder}/README.md");
    }
}

#[test]
fn only_the_packages_that_are_packed_are_published() {
    let manifests = manifests();
    let published = manifests.iter().filter(|manifest| manifest["publish"].is_null());
    let mut published: Vec<&str> = published.filter_map(|manifest| manifest["name"].as_str()).collect();
    let mut packed = PACKAGES.map(|(name, _)| name);
    published.sort_unstable();
    packed.sort_unstable();
    assert_eq!(published, packed);
    for name in packed {
        assert!(read("xtask/src/test.rs").contains(&format!("\"{name}\"")), "`cargo xtask test` does not pack {name}");
    }
}

#[test]
fn a_package_has_only_what_it_needs() {
    let of_cargo = [".cargo_vcs_info.json", "Cargo.lock", "Cargo.toml", "Cargo.toml.orig"];
    let ours = ["LICENSE-APACHE", "LICENSE-MIT", "README.md"];
    for (name, folder) in PACKAGES {
        let listed = cargo(&["package", "--offline", "--locked", "--allow-dirty", "--list", "--package", name]);
        let more: Vec<&str> =
            listed.lines().filter(|file| !of_cargo.contains(file) && !is_source(folder, file)).collect();
        assert_eq!(more, ours, "{name}");
    }
}

/// Whether it is needed to build the package, or its documentation.
fn is_source(folder: &str, file: &str) -> bool {
    let more: &[&str] = match folder {
        "macros" => &["docs/"],
        "runtime" => &["build.rs"],
        _ => &[],
    };
    file.starts_with("src/") || more.iter().any(|known| file.starts_with(known))
}

#[test]
fn licences_are_the_same_in_every_package() {
    for (_, folder) in PACKAGES {
        for licence in ["LICENSE-APACHE", "LICENSE-MIT"] {
            assert_eq!(read(&format!("{folder}/{licence}")), read(licence), "{folder}/{licence}");
        }
    }
}
