//! Help is right: what it says to write, written where it belongs, makes the finding go away.

use std::collections::BTreeSet;

use pontoon_compiler::diagnostic::{Diagnostic, Level};
use serde_json::{Map, Value};

use crate::case;
use crate::cases;

/// Rules whose topologies are none, or several in one: there is no place to write something.
const UNREADABLE: [&str; 3] = ["input_limit", "invalid_syntax", "duplicate_name"];

/// A value of YAML, in JSON.
fn yaml(text: &str) -> Option<Value> {
    serde_yaml::from_str(text).ok()
}

/// What a help says to write: `key: value` in backticks, as long as nothing is left out in it.
fn snippets(help: &str) -> Vec<&str> {
    let quoted = help.split('`').skip(1).step_by(2);
    let key = |text: &&str| {
        let (key, value) = text.split_once(": ").unwrap_or_default();
        !value.is_empty() && !key.is_empty() && key.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
    };
    quoted.filter(key).filter(|text| !text.contains('…')).collect()
}

/// A step into a document: a key, or a place in a list.
#[derive(Clone)]
enum Step {
    Key(String),
    Index(usize),
}

/// Every mapping in a document, by the steps that lead to it.
fn mappings(value: &Value, path: &[Step], found: &mut Vec<Vec<Step>>) {
    let mut below = |step, value| mappings(value, &[path, &[step]].concat(), found);
    match value {
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| below(Step::Key(key.clone()), value));
            found.push(path.to_vec());
        }
        Value::Array(items) => items.iter().enumerate().for_each(|(index, value)| below(Step::Index(index), value)),
        _ => {}
    }
}

fn at<'v>(mut value: &'v mut Value, path: &[Step]) -> Option<&'v mut Map<String, Value>> {
    for step in path {
        value = match step {
            Step::Key(key) => value.get_mut(key)?,
            Step::Index(index) => value.get_mut(index)?,
        };
    }
    value.as_object_mut()
}

/// What is found in a document, as far as it can be compared: places move.
fn found(document: &Value) -> Vec<(&'static str, Level, String)> {
    let compiled = case::findings(&serde_json::to_string_pretty(document).expect("it is JSON"));
    compiled.findings.iter().map(|found| (found.code, found.level, found.message.clone())).collect()
}

/// The documents that come of writing this somewhere: in place of what stands there, or, where that is a list, added to
/// it.
fn written(document: &Value, entries: &Map<String, Value>) -> Vec<Value> {
    let mut places = Vec::new();
    mappings(document, &[], &mut places);
    let mut documents = Vec::new();
    for place in places {
        let mut replaced = document.clone();
        let Some(target) = at(&mut replaced, &place) else { continue };
        let lists = entries.iter().any(|(key, _)| target.get(key).is_some_and(Value::is_array));
        target.extend(entries.clone());
        documents.push(replaced);
        if lists {
            let mut added = document.clone();
            let Some(target) = at(&mut added, &place) else { continue };
            for (key, value) in entries {
                match (target.get_mut(key), value) {
                    (Some(Value::Array(list)), Value::Array(more)) => list.extend(more.clone()),
                    _ => drop(target.insert(key.clone(), value.clone())),
                }
            }
            documents.push(added);
        }
    }
    documents
}

/// Whether writing this somewhere, and one of the others that help speaks of, mends the finding, and breaks nothing.
fn mends(document: &Value, finding: &Diagnostic, entries: &Map<String, Value>, others: &[Map<String, Value>]) -> bool {
    let before: BTreeSet<String> = found(document).into_iter().map(|(_, _, message)| message).collect();
    let mended = |changed: &Value| {
        let after = found(changed);
        let gone = after.iter().all(|(code, _, message)| *code != finding.code || *message != finding.message);
        gone && after.iter().all(|(_, level, message)| *level == Level::Warning || before.contains(message))
    };
    let alone = written(document, entries);
    alone.iter().any(mended)
        || alone.iter().any(|one| others.iter().flat_map(|other| written(one, other)).any(|both| mended(&both)))
}

/// What help speaks of that is no whole remedy, and why.
const SPOKEN_OF: &[(&str, &str, &str)] = &[
    ("invoke_cycle", "emits", "the event is to be defined, and heard"),
    ("invoke_cycle", "invokes", "named to be taken out"),
    ("batch_conflict", "repeatable", "beside what is taken out"),
    ("lost_update", "updates", "in place of `reads:` and `writes:`, which go"),
    ("plaintext_transport", "tls", "named to be taken out"),
    ("invalid_value", "tls", "named to be taken out"),
    ("invalid_name", "invokes", "in place of the event"),
    ("unused_allowance", "rule", "in place of the entry"),
    ("undurable_flow", "delivery", "what is of no use at most once goes"),
    ("unreachable_command", "invokes", "who calls it is not there yet"),
    ("unused_definition", "enqueues", "a worker is not there yet"),
    ("unused_definition", "queue", "a worker is not there yet"),
    ("time_budget", "timeout", "who calls it needs more time, too"),
];

#[test]
fn what_help_says_to_write_mends_what_was_found() {
    let mut problems = Vec::new();
    let mut tried = 0;
    for (rule, cases) in cases().into_iter().filter(|(rule, _)| !UNREADABLE.contains(&rule.as_str())) {
        for case in cases.iter().filter(|case| case.name.starts_with("fail_")) {
            // What stands in several files is in one of them.
            let Some(document) = yaml(&case.text()).filter(|document| document.get("include").is_none()) else {
                continue;
            };
            for finding in case.findings() {
                for snippet in snippets(finding.help.as_deref().unwrap_or_default()) {
                    let what = format!("{rule}/{}: `{snippet}`", case.name);
                    let Some(Value::Object(entries)) = yaml(snippet).or_else(|| yaml(&format!("{{ {snippet} }}")))
                    else {
                        problems.push(format!("{what} is not YAML"));
                        continue;
                    };
                    if SPOKEN_OF.iter().any(|(of, key, _)| *of == rule && entries.contains_key(*key)) {
                        continue;
                    }
                    tried += 1;
                    let others: Vec<Map<String, Value>> = snippets(finding.help.as_deref().unwrap_or_default())
                        .into_iter()
                        .filter(|other| *other != snippet)
                        .filter_map(|other| yaml(other)?.as_object().cloned())
                        .collect();
                    if !mends(&document, finding, &entries, &others) {
                        problems.push(format!("{what} does not mend: {}", finding.message));
                    }
                }
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(tried > 90, "{tried}");
}
