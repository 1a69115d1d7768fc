//! No key without effect: whatever is changed in a topology changes the plan or the output, or is a finding.
//!
//! `tests/keys` has every key of the schema at least once. Each value in it is changed to another one that can be read,
//! and each key that may be left out is.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;

use pontoon_compiler::diagnostic::Findings;
use pontoon_compiler::plan::{Request, budgets};
use pontoon_compiler::read::{Files, Limits, read};
use pontoon_compiler::source::Sources;
use pontoon_compiler::{Compiled, Input, compile};
use pontoon_schema::document::Date;
use serde_json::Value;

/// What is read of the topology and has its effect elsewhere.
const ELSEWHERE: &[(&str, &str)] = &[
    ("/allow/0/reason", "it is for those who read the topology"),
    ("/deployments/apart/services", "the units say the same"),
];

/// A value for every word of the language. The first that can be read, and is not what stands there, is put in its
/// place.
const OTHERS: [&str; 30] = [
    "7s",
    "9m",
    "11d",
    "0 5 * * *",
    "2s..9m",
    "9/m",
    "9MiB",
    "91",
    "3",
    "5",
    "true",
    "false",
    "GET /other",
    "u32",
    "()",
    "crate::other",
    "2020-02-02",
    "other",
    "wait",
    "drop_oldest",
    "at_most_once",
    "disabled",
    "verify",
    "json",
    "debug",
    "etags",
    "${OTHER}",
    "/other/",
    "127.0.0.1:99",
    "desk.second",
];

/// Files in memory.
struct Memory(String, String);

impl Files for Memory {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        match path {
            "topology.yaml" => Ok(self.0.clone().into_bytes()),
            "more.yaml" => Ok(self.1.clone().into_bytes()),
            _ => Err(io::ErrorKind::NotFound.into()),
        }
    }
}

fn compiled(document: &Value, more: &str) -> Compiled {
    let today = Date::new(2026, 11, 23).expect("a day");
    let request = Request { foresee: true, origin: "topology.yaml".to_owned(), ..Request::default() };
    let files = Memory(serde_json::to_string(document).expect("it is JSON"), more.to_owned());
    compile(&Input {
        path: "topology.yaml",
        files: &files,
        limits: Limits::default(),
        today,
        request: &request,
        code: None,
    })
}

/// All that comes of a topology.
fn outcome(compiled: &Compiled) -> String {
    let findings: Vec<String> = compiled
        .findings
        .iter()
        .map(|found| {
            format!(
                "{} {} {:?} {:?}",
                found.code,
                found.message,
                found.help,
                found.labels.iter().map(|label| &label.text).collect::<Vec<_>>()
            )
        })
        .collect();
    let files: Vec<&str> = compiled.files.iter().map(|file| file.text.as_str()).collect();
    let plan = compiled.plan.as_ref().map(|plan| serde_json::to_string(plan).expect("it is JSON"));
    let times = compiled.topology.as_ref().map(|topology| budgets(topology).to_string());
    format!("{findings:#?}\n{}\n{plan:?}\n{times:?}", files.join("\n"))
}

/// Whether a topology can be read: what it says may break a rule, but is of the language.
fn is_read(document: &Value, more: &str) -> bool {
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    let files = Memory(serde_json::to_string(document).expect("it is JSON"), more.to_owned());
    read("topology.yaml", &files, Limits::default(), &mut sources, &mut findings).is_some()
}

/// The keys of the schema, and those of a value.
fn keys(value: &Value, of_schema: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_object().filter(|_| of_schema && key == "properties") {
                    Some(properties) => found.extend(properties.keys().cloned()),
                    None if !of_schema => drop(found.insert(key.clone())),
                    None => {}
                }
                keys(value, of_schema, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|value| keys(value, of_schema, found)),
        _ => {}
    }
}

/// Every place in a document, with the steps that lead to it.
fn places(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                places(value, &format!("{path}/{}", key.replace('~', "~0").replace('/', "~1")), found);
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(index, value)| places(value, &format!("{path}/{index}"), found));
        }
        _ => {}
    }
    found.push(path.to_owned());
}

/// The document with another value in one place; nothing where none can be read there.
fn changed(document: &Value, more: &str, place: &str) -> Option<Compiled> {
    let words = OTHERS.iter().filter_map(|word| serde_yaml::from_str::<Value>(word).ok());
    let texts = OTHERS.iter().map(|word| Value::String((*word).to_owned()));
    let now = document.pointer(place)?;
    let same = |value: &Value| *value == *now;
    words.chain(texts).filter(|value| !same(value)).find_map(|value| {
        let mut changed = document.clone();
        *changed.pointer_mut(place)? = value;
        is_read(&changed, more).then(|| compiled(&changed, more))
    })
}

/// The document without one key; nothing where it has to be there.
fn without(document: &Value, more: &str, place: &str) -> Option<Compiled> {
    let (parent, key) = place.rsplit_once('/')?;
    let mut changed = document.clone();
    changed.pointer_mut(parent)?.as_object_mut()?.remove(&key.replace("~1", "/").replace("~0", "~"))?;
    is_read(&changed, more).then(|| compiled(&changed, more))
}

#[test]
fn no_key_is_without_effect() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("keys");
    let text = |name: &str| fs::read_to_string(folder.join(name)).expect("a file that can be read");
    let (text, more) = (text("topology.yaml"), text("more.yaml"));
    let document: Value = serde_yaml::from_str(&text).expect("a topology is YAML");
    let before = compiled(&document, &more);
    assert!(!before.findings.has_errors(), "{:#?}", before.findings);
    let before = outcome(&before);

    let (mut known, mut used) = (BTreeSet::new(), BTreeSet::new());
    keys(&serde_json::to_value(pontoon_compiler::json_schema()).expect("it is JSON"), true, &mut known);
    keys(&document, false, &mut used);
    let unused: Vec<&String> = known.difference(&used).collect();
    assert!(unused.is_empty(), "tests/keys has nothing of {unused:?}");

    let mut all = Vec::new();
    places(&document, "", &mut all);
    let (mut silent, mut tried) = (BTreeSet::new(), 0);
    for place in all.iter().filter(|place| !place.is_empty()) {
        let leaf = document.pointer(place).is_some_and(|value| !value.is_object() && !value.is_array());
        let other = if leaf { changed(&document, &more, place) } else { None };
        let Some(after) = other.or_else(|| without(&document, &more, place)) else { continue };
        tried += 1;
        if outcome(&after) == before && !ELSEWHERE.iter().any(|(known, _)| known == place) {
            silent.insert(place);
        }
    }
    assert!(silent.is_empty(), "{silent:#?}");
    assert!(tried > 300, "{tried} of {}", all.len());
}
