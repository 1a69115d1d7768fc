//! The guide is a program: its blocks, in the order of its pages, are a crate that is built without warnings and whose
//! tests pass.

use std::fs;
use std::path::Path;
use std::process::Command;

use pontoon_documents::markdown::{anchors, links};
use pontoon_documents::repository::{program, read, root};

#[test]
fn the_guide_is_a_program() {
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = scratch.join("guide");
    let _ = fs::remove_dir_all(&folder);
    for (name, text) in program() {
        let file = folder.join(&name);
        fs::create_dir_all(file.parent().expect("it is in a folder")).expect("a folder can be made");
        let text = if name == "Cargo.toml" { standalone(&text) } else { text };
        fs::write(file, text).expect("a file can be written");
    }
    fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock")).expect("the lock file can be copied");
    let output = Command::new(env!("CARGO"))
        .args(["test", "--offline", "--color", "never"])
        .current_dir(&folder)
        .env("CARGO_TARGET_DIR", scratch.join("quickstart-target"))
        .env_remove("RUSTFLAGS")
        .env_remove(pontoon_schema::handover::VARIABLE)
        .output()
        .expect("cargo can be run");
    let said = [output.stdout, output.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    assert!(output.status.success() && said.contains("test result: ok. 4 passed"), "{said}");
    assert!(!said.contains("warning:"), "{said}");
}

/// The manifest of the guide with what is here for what is published.
fn standalone(manifest: &str) -> String {
    let mut text = format!("{manifest}\n[workspace]\n");
    for (krate, folder) in [("pontoon", "runtime"), ("pontoon-compiler", "compiler")] {
        let here = format!("{krate} = {{ path = \"{}\" }}", root().join(folder).display());
        text = text.replace(&format!("{krate} = \"0.1\""), &here);
    }
    text
}

/// What is looked up most often has a heading of its own, which the first page of the documents leads to.
#[test]
fn what_is_looked_up_most_often_has_a_heading() {
    let list = read("docs/README.md");
    let (_, list) = list.split_once("## What is looked up most often").expect("the first page has the list");
    let looked_up: Vec<String> = links(list).into_iter().filter(|link| link.starts_with("guide/")).collect();
    assert!(looked_up.len() >= 15, "only {} links", looked_up.len());
    for link in looked_up {
        let (page, anchor) = link.split_once('#').unwrap_or_else(|| panic!("{link} leads to no heading"));
        assert!(anchors(&read(&format!("docs/{page}"))).iter().any(|known| known == anchor), "{link}");
    }
}
