//! What is completed and shown: every key of every object, every word of every choice.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::document::{Document, is_named_by_the_user};
use crate::server::Server;

/// A topology that has every key of the language.
fn whole() -> Vec<Document> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../keys");
    ["topology.yaml", "more.yaml"]
        .map(|name| Document::of(&std::fs::read_to_string(folder.join(name)).expect("it is there")))
        .into()
}

/// All words that the schema knows as keys, and all that it knows as values.
fn words(schema: &Value) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut keys, mut choices) = (BTreeSet::new(), BTreeSet::new());
    let mut open = vec![schema];
    while let Some(value) = open.pop() {
        if let Some(properties) = value.get("properties").and_then(Value::as_object) {
            keys.extend(properties.keys().cloned());
        }
        let listed = value.get("enum").and_then(Value::as_array).into_iter().flatten().chain(value.get("const"));
        choices.extend(listed.filter_map(Value::as_str).map(str::to_owned));
        match value {
            Value::Object(map) => open.extend(map.values()),
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    (keys, choices)
}

fn schema() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/topology.schema.json");
    serde_json::from_str(&std::fs::read_to_string(path).expect("the schema is there")).expect("JSON")
}

#[test]
fn every_key_and_every_choice_is_offered_and_every_key_is_explained() {
    let (keys, choices) = words(&schema());
    let mut server = Server::start();
    let (mut seen, mut problems) = (BTreeSet::new(), Vec::new());
    for document in &whole() {
        for entry in document.entries.iter().filter(|entry| !is_named_by_the_user(entry)) {
            let place = || format!("{}/{}", entry.path.join("/"), entry.key);
            seen.insert(entry.key.clone());

            let indent = " ".repeat(entry.column);
            let (text, line) = document.with(entry, &indent);
            let uri = server.open(&text);
            let offered = server.completions(&uri, line, entry.column);
            if !offered.contains(&entry.key) {
                problems.push(format!("the key {} is not offered: {offered:?}", place()));
            }

            let uri = server.open(&(document.lines.join("\n") + "\n"));
            if server.hover(&uri, entry.line, entry.column + 1).trim().is_empty() {
                problems.push(format!("the key {} is not explained", place()));
            }

            // A key of the user's types may be called as a choice is.
            let Some(word) = entry.scalar.as_ref().filter(|word| choices.contains(*word) && entry.key != "key") else {
                continue;
            };
            let begun = format!("{indent}{}: ", entry.key);
            let (text, line) = document.with(entry, &begun);
            let uri = server.open(&text);
            let offered = server.completions(&uri, line, begun.len());
            if !offered.contains(word) {
                problems.push(format!("the word `{word}` of {} is not offered: {offered:?}", place()));
            }
        }
    }
    let unseen: Vec<&String> = keys.difference(&seen).collect();
    assert!(unseen.is_empty(), "tests/keys lacks {unseen:?}");
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}
