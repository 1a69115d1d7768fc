//! The JSON Schema of the language, for editors.

use schemars::generate::SchemaSettings;
use schemars::{Schema, json_schema};

use super::Document;

/// The JSON Schema (draft 2020-12) of `topology.yaml`, as the committed file `schema/topology.schema.json` has it.
pub fn json_schema() -> Schema {
    let mut schema = SchemaSettings::draft2020_12()
        .into_generator()
        .into_root_schema_for::<Document>();
    schema.insert("title".into(), "Pontoon topology".into());
    // A file that is only included has the sections alone; these four belong to the file that includes.
    schema.remove("required");
    schema.insert(
        "dependentRequired".into(),
        json_schema!({ "pontoon": ["name"], "name": ["pontoon"], "types": ["name"], "contract": ["name"] }).to_value(),
    );
    schema
}
