//! `read` fills the document types from its own tree. On topologies that are right, serde_yaml is the reference: both
//! see the same document.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test, also where no #[test] stands on it"
)]

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pontoon_compiler::diagnostic::{Findings, Style};
use pontoon_compiler::read::{Files, Limits, read};
use pontoon_compiler::source::Sources;
use pontoon_schema::document::Document;

/// One file, under whatever name it is asked for.
struct Only(Vec<u8>);

impl Files for Only {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.clone())
    }
}

/// As serde_yaml reads it. By way of JSON, as YAML's own enums want a `!tag` where this language has a key.
fn reference(text: &[u8]) -> Document {
    let value: serde_yaml::Value = serde_yaml::from_slice(text).expect("it is YAML");
    let json = serde_json::to_string(&value).expect("YAML without tags is JSON");
    serde_json::from_str(&json).expect("it is a topology")
}

fn topologies(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of this repository") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            topologies(&path, found);
        } else if name == "topology.yaml"
            || name == "sample.yaml"
            || name.starts_with("pass") && name.ends_with(".yaml")
        {
            found.push(path);
        }
    }
}

#[test]
fn a_topology_that_is_right_is_read_as_serde_yaml_reads_it() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut found = Vec::new();
    for folder in ["schema/tests", "examples", "tests/ui", "tests/generated"] {
        topologies(&repository.join(folder), &mut found);
    }

    let mut compared = 0;
    for path in found {
        let text = fs::read(&path).expect("a file of this repository");
        if text.starts_with(b"include:") || String::from_utf8_lossy(&text).contains("\ninclude:") {
            continue; // several files become one document: serde_yaml sees only the first
        }
        let (mut sources, mut findings) = (Sources::default(), Findings::default());
        let source = read("topology.yaml", &Only(text.clone()), Limits::default(), &mut sources, &mut findings);
        let Some(source) = source else {
            panic!("{}\n{}", path.display(), findings.render(&sources, Style::PLAIN));
        };
        let (ours, theirs) = (format!("{:#?}", source.document), format!("{:#?}", reference(&text)));
        let difference = ours.lines().zip(theirs.lines()).find(|(ours, theirs)| ours != theirs);
        assert_eq!(difference, None, "{}", path.display());
        assert_eq!(ours.len(), theirs.len(), "{}", path.display());
        compared += 1;
    }
    assert!(compared > 50, "only {compared} topologies were found to compare");
}
