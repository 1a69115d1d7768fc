//! What the schema refuses for its shape, the reader refuses, and the other way round.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use pontoon_compiler::diagnostic::Level;
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::{Input, compile};
use pontoon_schema::document::Date;
use pontoon_topologies::random::Maker;

use crate::document::{Document, is_named_by_the_user, modeline};
use crate::server::Server;

/// What is wrong with the shape of a text: a schema can tell all of it.
const SHAPE: [&str; 6] =
    ["invalid_syntax", "unknown_key", "missing_key", "invalid_value", "invalid_name", "unquoted_flow"];

/// What a schema can tell in part: a key that is there twice, and not a name that two files have; characters that are
/// in no path, and not a path that Rust would refuse; something of what is too much for the reader.
const IN_PART: [&str; 3] = ["duplicate_name", "invalid_path", "input_limit"];

/// Texts of which a schema sees nothing, and why.
const UNSEEN: [(&str, &str); 6] = [
    ("bidirectional.yaml", "characters that change how a line is shown are no matter of values"),
    ("comment_only.yaml", "there is no value: who has just begun is not told so"),
    ("empty.yaml", "there is no value: who has just begun is not told so"),
    ("extends_circle.yaml", "a circle is a matter of all environments together"),
    ("merge_key.yaml", "the server merges before it looks"),
    ("two_documents.yaml", "each of them is looked at alone"),
];

struct Alone<'a>(&'a str);

impl Files for Alone<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match path {
            "topology.yaml" => Ok(self.0.as_bytes().to_vec()),
            // What is included has a shape of its own.
            _ => Ok(b"events: {}".to_vec()),
        }
    }
}

/// The errors of the reader that are about the shape.
fn refused(text: &str) -> BTreeSet<&'static str> {
    let (limits, today) = (Limits::default(), Date::from_unix_seconds(0));
    let request = Request { contract: true, ..Request::default() };
    let input = Input { path: "topology.yaml", files: &Alone(text), limits, today, request: &request, code: None };
    let compiled = compile(&input);
    let errors = compiled.findings.iter().filter(|found| found.level == Level::Error).map(|found| found.code);
    errors.filter(|code| SHAPE.contains(code) || IN_PART.contains(code)).collect()
}

fn files(folder: &Path, into: &mut Vec<PathBuf>) {
    let entries = fs::read_dir(folder).expect("a folder that can be read");
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    for path in paths {
        match path.is_dir() {
            true => files(&path, into),
            false if path.extension().is_some_and(|extension| extension == "yaml") => into.push(path),
            false => {}
        }
    }
}

/// Compares what the two say of texts, each with a name.
fn compare(cases: &[(String, String)]) {
    let mut server = Server::start();
    let (mut problems, mut refusals) = (Vec::new(), 0);
    for cases in cases.chunks(50) {
        let opened: Vec<_> = cases.iter().map(|(_, text)| server.open(&(modeline() + text))).collect();
        for ((name, text), uri) in cases.iter().zip(opened) {
            let (reader, editor) = (refused(text), server.diagnostics(&uri));
            let agreed = match editor.is_empty() {
                true => reader.iter().all(|code| IN_PART.contains(code)),
                false => !reader.is_empty(),
            };
            refusals += usize::from(!editor.is_empty());
            if !agreed {
                problems.push(format!("{name}\n  the reader: {reader:?}\n  the editor: {editor:?}"));
            }
        }
    }
    println!("{} texts, {refusals} of them refused by both", cases.len());
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

#[test]
fn on_every_topology_of_these_tests() {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("it is in tests/");
    let mut paths = Vec::new();
    for folder in ["ui", "systems", "keys", "../schema/tests", "../compiler/fuzz/corpus"] {
        files(&tests.join(folder), &mut paths);
    }
    let is_seen = |path: &&PathBuf| UNSEEN.iter().all(|(name, _)| !path.ends_with(name));
    let texts = paths.iter().filter(is_seen).filter_map(|path| Some((path, fs::read_to_string(path).ok()?)));
    // What is only included has no head.
    let whole = texts
        .filter(|(path, text)| text.contains("pontoon:") || path.components().any(|it| it.as_os_str() == "corpus"));
    compare(&whole.map(|(path, text)| (path.display().to_string(), text)).collect::<Vec<_>>());
}

/// Topologies at random, which are accepted or refused by a rule, but have the right shape.
#[test]
fn on_topologies_at_random() {
    let made = |seed| Maker::new(seed, "crate".to_owned()).make().to_string();
    compare(&(0..100).map(|seed| (format!("seed {seed}"), made(seed))).collect::<Vec<_>>());
}

/// A topology with every key, of which one is misspelt, missing, or has a value of another kind.
#[test]
fn on_every_key_with_something_else_in_its_place() {
    const VALUES: [&str; 8] = ["☃ ?", "[]", "{}", "-1", "[[1]]", "{ a: b }", "yes", "\"\""];
    let keys = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys/topology.yaml");
    let document = Document::of(&fs::read_to_string(keys).expect("it is there"));
    let mut cases = Vec::new();
    for (number, entry) in document.entries.iter().enumerate() {
        let (name, indent) = ([entry.path.join("/").as_str(), &entry.key].join("/"), " ".repeat(entry.column));
        let mut case = |what: &str, line: &str| cases.push((format!("{name}: {what}"), document.with(entry, line).0));
        case("missing", "");
        if !is_named_by_the_user(entry) {
            case("misspelt", &format!("{indent}{}_: 1", entry.key));
        }
        // Each value somewhere, and two at each place.
        for value in [VALUES[number % VALUES.len()], VALUES[(number * 3 + 1) % VALUES.len()]] {
            case(value, &format!("{indent}{}: {value}", entry.key));
        }
    }
    compare(&cases);
}
