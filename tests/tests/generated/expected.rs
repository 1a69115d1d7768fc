//! The generator against the committed files, and against itself.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use pontoon_compiler::emit::File;
use pontoon_compiler::plan::Request;

use super::{compiled, request};

const QUICKSTART: &str = include_str!("../../generated/quickstart/topology.yaml");
const MICROSERVICES: &str = include_str!("../../generated/microservices/topology.yaml");
const VERSIONS: &str = include_str!("../../generated/versions/topology.yaml");
const CRATES: &str = include_str!("../../generated/crates/topology.yaml");

/// What is generated from `text`, which nothing may be wrong with.
pub(crate) fn generated(text: &str, request: &Request) -> Vec<File> {
    let compiled = compiled(text, request);
    let errors = compiled.findings.has_errors();
    assert!(!errors, "{}", compiled.findings.render(&compiled.sources, pontoon_compiler::diagnostic::Style::PLAIN));
    compiled.files
}

/// Compares `files` with those in `folder`; all differences are shown before it fails.
fn expect(folder: &str, files: &[File]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("generated").join(folder);
    if std::env::var_os("PONTOON_BLESS").is_some() {
        bless(&folder, files);
    }
    let mut differences: Vec<String> = files
        .iter()
        .filter(|file| fs::read_to_string(folder.join(&file.name)).ok().as_deref() != Some(&file.text))
        .map(|file| format!("{}:\n{}", folder.join(&file.name).display(), file.text))
        .collect();
    let expected: BTreeSet<PathBuf> = files.iter().map(|file| folder.join(&file.name)).collect();
    let stale = committed(&folder).into_iter().filter(|path| !expected.contains(path));
    differences.extend(stale.map(|path| format!("{}: not generated any more", path.display())));
    assert!(differences.is_empty(), "PONTOON_BLESS=1 writes these anew:\n{}", differences.join("\n"));
}

fn bless(folder: &Path, files: &[File]) {
    fs::create_dir_all(folder).expect("the folder can be made");
    committed(folder).iter().for_each(|path| fs::remove_file(path).expect("what was expected can be removed"));
    files.iter().for_each(|file| fs::write(folder.join(&file.name), &file.text).expect("a file can be written"));
}

fn committed(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry of the folder").path()).filter(|path| path.is_file()).collect()
}

#[test]
fn one_crate_with_a_monolith() {
    expect("quickstart/topology", &generated(QUICKSTART, &request("shop")));
}

#[test]
fn one_crate_with_a_monolith_and_with_units_on_brokers() {
    expect("microservices/topology", &generated(MICROSERVICES, &request("shop")));
}

#[test]
fn two_versions_side_by_side_and_names_that_meet() {
    expect("versions/topology", &generated(VERSIONS, &request("names")));
}

#[test]
fn the_contract_in_a_crate_of_its_own() {
    expect("crates/contract", &generated(CRATES, &Request { contract: true, ..request("shop_contract") }));
}

#[test]
fn a_service_in_a_crate_of_its_own() {
    expect(
        "crates/service",
        &generated(CRATES, &Request { services: vec!["user".to_owned()], ..request("shop_user") }),
    );
}

#[test]
fn a_deployment_in_a_crate_of_its_own() {
    let asked = Request { deployments: vec!["monolith".to_owned()], ..request("shop_app") };
    expect("crates/app", &generated(CRATES, &asked));
}

#[test]
fn the_same_topology_gives_the_same_bytes() {
    for text in [QUICKSTART, MICROSERVICES, VERSIONS, CRATES] {
        assert!(generated(text, &request("shop")) == generated(text, &request("shop")));
    }
}

#[test]
fn the_order_of_keys_changes_nothing() {
    let key = "timeout: 500ms\n        retry: { attempts: 3, backoff: 50ms..200ms }";
    let turned = "retry: { backoff: 50ms..200ms, attempts: 3 }\n        timeout: 500ms";
    let services = QUICKSTART.find("services:\n").expect("services");
    let environments = QUICKSTART.find("environments:\n").expect("environments");
    let (head, body) = QUICKSTART.split_at(services);
    let (body, tail) = body.split_at(environments - services);
    let other =
        [&head[..head.find("events:").expect("events")], tail, body, &head[head.find("events:").expect("events")..]];
    let other = other.concat().replace(key, turned);
    assert_ne!(other, QUICKSTART);
    assert!(generated(&other, &request("shop")) == generated(QUICKSTART, &request("shop")));
}

#[test]
fn generated_files_allow_nothing_and_lead_nowhere_absolute() {
    for file in [QUICKSTART, MICROSERVICES, VERSIONS, CRATES].iter().flat_map(|text| generated(text, &request("shop")))
    {
        let File { name, text } = file;
        assert!(!text.contains("allow("), "{name} allows something:\n{text}");
        assert!(!text.contains(env!("CARGO_MANIFEST_DIR")), "{name} knows where it was made:\n{text}");
        assert!(text.starts_with("// ") || name == "handover.txt", "{name} does not say where it comes from:\n{text}");
    }
}
