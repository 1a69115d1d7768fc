//! The reference of the language: docs/topology.md has every key of the JSON Schema with its type, default and
//! description, between two markers. `PONTOON_BLESS=1` writes it anew.

#![allow(clippy::expect_used, clippy::panic, reason = "this is a test, in functions of its own too")]

mod kind;
mod order;
mod section;

use kind::Kinds;
use order::{ENTRIES, Entry};
use pontoon_documents::repository::is_fresh;
use serde_json::Value;

#[test]
fn the_committed_reference_is_fresh() {
    assert!(
        is_fresh("docs/topology.md", "keys", &reference(&schema())),
        "docs/topology.md is not what the document types describe. Write it anew with\n\n    \
         PONTOON_BLESS=1 cargo test -p pontoon-schema --all-features --test reference\n"
    );
}

#[test]
fn every_type_of_the_language_has_its_place_in_the_reference() {
    let schema = schema();
    let types = schema["$defs"].as_object().expect("the schema has types");
    let missing: Vec<&String> = types.keys().filter(|name| !ENTRIES.iter().any(|entry| entry.is(name))).collect();
    assert!(missing.is_empty(), "types without a line in schema/tests/reference/order.rs: {missing:?}");
    let gone: Vec<&str> = ENTRIES
        .iter()
        .filter_map(|entry| match entry {
            Entry::Type { name, .. } if !types.contains_key(*name) => Some(*name),
            _ => None,
        })
        .collect();
    assert!(gone.is_empty(), "types that the language does not have: {gone:?}");
}

fn schema() -> Value {
    serde_json::to_value(pontoon_schema::document::json_schema()).expect("the schema is JSON")
}

/// All sections of the page, in their order.
fn reference(schema: &Value) -> String {
    let kinds = Kinds::new(schema);
    ENTRIES.iter().map(|entry| section::printed(entry, &kinds)).collect::<String>() + "\n"
}
