//! The JSON Schema of the language, for editors.

use schemars::generate::SchemaSettings;
use schemars::transform::{Transform, transform_subschemas};
use schemars::{Schema, json_schema};

use super::Document;

/// The JSON Schema (draft 2020-12) of `topology.yaml`, as the committed file `schema/topology.schema.json` has it.
pub fn json_schema() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>();
    schema.insert("title".into(), "Pontoon topology".into());
    // A file that is only included has the sections alone; these five belong to the file that includes.
    schema.remove("required");
    schema.insert(
        "dependentRequired".into(),
        json_schema!({ "pontoon": ["name"], "name": ["pontoon"], "description": ["name"], "types": ["name"], "contract": ["name"] }).to_value(),
    );
    AsRead.transform(&mut schema);
    schema
}

/// Makes the schema say what the compiler reads: a key without a value is a slip and not `null`. And descriptions are
/// for reading: their lines end where a paragraph does.
struct AsRead;

impl Transform for AsRead {
    fn transform(&mut self, schema: &mut Schema) {
        if let Some(mut choices) = schema.remove("anyOf") {
            if let Some(choices) = choices.as_array_mut() {
                choices.retain(|choice| choice.get("type").is_none_or(|kind| kind != "null"));
            }
            match choices.as_array().map(Vec::as_slice) {
                Some([only]) => only.as_object().into_iter().flatten().for_each(|(key, value)| {
                    schema.ensure_object().entry(key.as_str()).or_insert_with(|| value.clone());
                }),
                _ => {
                    schema.insert("anyOf".into(), choices);
                }
            }
        }
        if let Some(kinds) = schema.get_mut("type").filter(|kinds| kinds.is_array()) {
            let first = kinds.get(0).cloned();
            *kinds = first.unwrap_or_default();
        }
        if schema.get("default").is_some_and(|default| default.is_array() || default.is_object()) {
            schema.remove("default");
        }
        schema.remove("format");
        // The only keys that are numbers are versions.
        if let Some(keys) = schema.get_mut("patternProperties").and_then(|keys| keys.as_object_mut())
            && let Some(numbered) = keys.remove(r"^-?\d+$")
        {
            keys.insert("^[1-9][0-9]{0,3}$".into(), numbered);
        }
        if let Some(description) = schema.get("description").and_then(|description| description.as_str()) {
            let paragraphs: Vec<String> = description.split("\n\n").map(|lines| lines.replace('\n', " ")).collect();
            schema.insert("description".into(), paragraphs.join("\n\n").into());
        }
        transform_subschemas(self, schema);
    }
}
