//! The committed JSON Schema is the one that the document types describe.

use std::path::Path;

#[test]
fn the_committed_schema_is_fresh() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("topology.schema.json");
    let mut fresh = serde_json::to_string_pretty(&pontoon_schema::document::json_schema()).unwrap();
    fresh.push('\n');
    if std::env::var_os("PONTOON_BLESS").is_some_and(|bless| bless == "1") {
        std::fs::write(&path, &fresh).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == fresh,
        "schema/topology.schema.json is not what the document types describe. Write it anew with\n\n    \
         PONTOON_BLESS=1 cargo test -p pontoon-schema --all-features --test schema\n"
    );
}
