//! Types in words: what may stand under a key, with a link to the section that explains it.

use serde_json::Value;

use crate::order::{ENTRIES, Entry};

/// The types of the language.
pub(crate) struct Kinds<'s> {
    pub(crate) schema: &'s Value,
}

impl<'s> Kinds<'s> {
    pub(crate) fn new(schema: &'s Value) -> Self {
        Self { schema }
    }

    /// The schema of a type.
    pub(crate) fn named(&self, name: &str) -> &'s Value {
        &self.schema["$defs"][name]
    }

    /// What may stand where the schema stands.
    pub(crate) fn shown(&self, schema: &Value) -> String {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
            return link(name);
        }
        if let Some(name) = schema["pattern"].as_str().and_then(|pattern| self.of_pattern(pattern)) {
            return link(name);
        }
        match schema["type"].as_str() {
            Some("array") => format!("list of {}", self.shown(&schema["items"])),
            Some("object") => self.under_keys(schema),
            Some("boolean") => "`true` or `false`".to_owned(),
            Some("integer") => "whole number".to_owned(),
            Some("string") => "text".to_owned(),
            _ => schema["const"].to_string(),
        }
    }

    /// A map in words.
    fn under_keys(&self, schema: &Value) -> String {
        let Some((keys, values)) = schema["patternProperties"].as_object().and_then(|keys| keys.iter().next()) else {
            return "keys, see below".to_owned();
        };
        let keys = if keys.starts_with("^[1-9]") { "version" } else { "name" };
        format!("map: {keys} → {}", self.shown(values))
    }

    /// The type that a pattern stands for, where a key has a pattern and no type.
    fn of_pattern(&self, pattern: &str) -> Option<&'s str> {
        let types = self.schema["$defs"].as_object()?;
        types.iter().find(|(_, schema)| schema["pattern"] == pattern).map(|(name, _)| &**name)
    }
}

/// A link to the section of a type.
fn link(name: &str) -> String {
    let title = ENTRIES.iter().find_map(|entry| match entry {
        Entry::Type { title, name: known, .. } if *known == name => Some(*title),
        _ => None,
    });
    let title = title.unwrap_or_else(|| panic!("{name} has no line in order.rs"));
    let anchor: String =
        title.to_lowercase().chars().filter(|letter| letter.is_alphanumeric() || *letter == ' ').collect();
    format!("[{}](#{})", in_a_sentence(title), anchor.replace(' ', "-"))
}

/// A title within a sentence: names keep their capitals.
fn in_a_sentence(title: &str) -> String {
    let first = title.split(' ').next().unwrap_or_default();
    let is_name = first.chars().skip(1).any(char::is_uppercase) || ["Rust", "Redis", "Dapr"].contains(&first);
    let mut letters = title.chars();
    match letters.next() {
        Some(letter) if !is_name => letter.to_lowercase().chain(letters).collect(),
        _ => title.to_owned(),
    }
}
