//! A topology as lines, each key on its own, so that a cursor can stand anywhere.

use std::path::Path;

use serde_yaml::Value;

/// The line by which an editor finds the schema, as the quickstart has it.
pub(crate) fn modeline() -> String {
    let schema = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schema/topology.schema.json");
    let schema = schema.canonicalize().expect("the schema is there");
    format!("# yaml-language-server: $schema=file://{}\n", schema.display())
}

/// One key of a document, or one element of a list.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// The keys on the way: `services`, `desk`, `commands`.
    pub(crate) path: Vec<String>,
    pub(crate) key: String,
    /// A value that is a word or a number.
    pub(crate) scalar: Option<String>,
    pub(crate) line: usize,
    /// Where the key begins.
    pub(crate) column: usize,
    /// Where what belongs to it ends: the line behind.
    pub(crate) end: usize,
}

/// A document in block style, with all its keys.
pub(crate) struct Document {
    pub(crate) lines: Vec<String>,
    pub(crate) entries: Vec<Entry>,
}

impl Document {
    pub(crate) fn of(text: &str) -> Self {
        let value: Value = serde_yaml::from_str(text).expect("YAML");
        let mut document = Self { lines: vec![modeline().trim_end().to_owned()], entries: Vec::new() };
        document.write(&value, 0, &mut Vec::new());
        document
    }

    /// The text with a line in the place of one entry, and the number of that line. The first key of an element of a
    /// list changes places with the second: nobody begins in the middle of what is written.
    pub(crate) fn with(&self, entry: &Entry, line: &str) -> (String, usize) {
        let mut lines = self.lines.clone();
        let is_first = entry.column >= 2 && self.lines[entry.line][..entry.column].ends_with("- ");
        let second =
            self.entries.iter().find(|it| it.line == entry.end && it.column == entry.column && it.path == entry.path);
        let second = second.filter(|_| is_first);
        let moved: Vec<String> = second.map(|second| lines[second.line..second.end].to_vec()).unwrap_or_default();
        lines.splice(
            entry.line..second.map_or(entry.end, |second| second.end),
            moved.iter().cloned().chain([line.to_owned()]),
        );
        if second.is_some() {
            lines[entry.line].replace_range(entry.column - 2..entry.column, "- ");
        }
        (lines.join("\n") + "\n", entry.line + moved.len())
    }

    fn write(&mut self, value: &Value, indent: usize, path: &mut Vec<String>) {
        match value {
            Value::Mapping(mapping) => {
                for (key, value) in mapping {
                    self.entry(key, value, indent, path);
                }
            }
            Value::Sequence(items) => {
                for item in items {
                    let begin = self.lines.len();
                    match item {
                        Value::Mapping(_) | Value::Sequence(_) => self.write(item, indent + 2, path),
                        scalar => self.lines.push(format!("{}{}", " ".repeat(indent + 2), written(scalar))),
                    }
                    self.lines[begin].replace_range(indent..=indent, "-");
                }
            }
            _ => {}
        }
    }

    fn entry(&mut self, key: &Value, value: &Value, indent: usize, path: &mut Vec<String>) {
        let (line, key) = (self.lines.len(), written(key));
        let scalar = match value {
            Value::Mapping(mapping) if mapping.is_empty() => Some("{}".to_owned()),
            Value::Sequence(items) if items.is_empty() => Some("[]".to_owned()),
            Value::Mapping(_) | Value::Sequence(_) => None,
            scalar => Some(written(scalar)),
        };
        let end = scalar.as_ref().map(|scalar| format!(" {scalar}")).unwrap_or_default();
        self.lines.push(format!("{}{key}:{end}", " ".repeat(indent)));
        let at = self.entries.len();
        self.entries.push(Entry { path: path.clone(), key: key.clone(), scalar, line, column: indent, end: 0 });
        path.push(key);
        self.write(value, indent + 2, path);
        path.pop();
        self.entries[at].end = self.lines.len();
    }
}

/// A scalar as it can stand in a line. JSON is YAML.
fn written(scalar: &Value) -> String {
    match scalar {
        Value::String(text) if text.chars().all(|it| it.is_ascii_alphanumeric() || it == '_' || it == '.') => {
            // What would be read as something else.
            match serde_yaml::from_str::<Value>(text) {
                Ok(Value::String(_)) => text.clone(),
                _ => format!("\"{text}\""),
            }
        }
        other => serde_json::to_string(other).expect("JSON"),
    }
}

/// Whether a key is a word of the language, and not a name that the user gives.
pub(crate) fn is_named_by_the_user(entry: &Entry) -> bool {
    const NAMED: [&str; 13] = [
        "events",
        "queues",
        "state",
        "services",
        "versions",
        "commands",
        "subscriptions",
        "workers",
        "schedules",
        "environments",
        "deployments",
        "units",
        // Of an event bridge from elsewhere: the methods of its settings.
        "settings",
    ];
    entry.path.last().is_some_and(|parent| NAMED.contains(&parent.as_str()) || parent == "authentication")
}
