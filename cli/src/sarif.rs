//! Findings as SARIF 2.1.0, which code scanning shows on the lines of a change.

use crate::json::level;
use crate::place::{self, Columns};
use crate::rules;
use pontoon_compiler::check::{RULES, Rule};
use pontoon_compiler::diagnostic::{Diagnostic, Findings, Label};
use pontoon_compiler::source::Sources;
use serde_json::{Value, json};
use std::path::Path;

/// A log with one run, in which every rule is described and each finding is a result.
pub(crate) fn log(sources: &Sources, folder: &Path, findings: &Findings) -> Value {
    let results: Vec<Value> = findings.iter().map(|finding| result(sources, folder, finding)).collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {
                "driver": {
                    "name": "cargo-pontoon",
                    "semanticVersion": env!("CARGO_PKG_VERSION"),
                    "rules": RULES.iter().map(rule).collect::<Vec<_>>(),
                },
            },
            "columnKind": "utf16CodeUnits",
            "results": results,
        }],
    })
}

fn rule(rule: &Rule) -> Value {
    json!({
        "id": id(rule.name),
        "shortDescription": { "text": rules::summary(rule) },
        "defaultConfiguration": { "level": level(rule.level) },
        "help": { "text": rule.page, "markdown": rule.page },
    })
}

fn result(sources: &Sources, folder: &Path, finding: &Diagnostic) -> Value {
    let help = finding.help.iter().map(|help| format!("\n\nhelp: {help}"));
    let mut result = json!({
        "ruleId": id(finding.code),
        "level": level(finding.level),
        "message": { "text": format!("{}{}", finding.message, help.collect::<String>()) },
    });
    if let Some(index) = RULES.iter().position(|rule| rule.name == finding.code) {
        result["ruleIndex"] = json!(index);
    }
    let places: Vec<Value> = finding.labels.iter().filter_map(|label| location(sources, folder, label)).collect();
    if let Some((first, others)) = places.split_first() {
        result["locations"] = json!([first]);
        if !others.is_empty() {
            result["relatedLocations"] = json!(others);
        }
    }
    result
}

fn location(sources: &Sources, folder: &Path, label: &Label) -> Option<Value> {
    let place = place::place(sources, folder, label.span, Columns::Utf16)?;
    Some(json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(&place.file) },
            "region": {
                "startLine": place.start.line,
                "startColumn": place.start.column,
                "endLine": place.end.line,
                "endColumn": place.end.column,
            },
        },
        "message": { "text": label.text },
    }))
}

fn id(rule: &str) -> String {
    format!("pontoon::{rule}")
}

/// A path as a URI reference: relative paths stay relative, and what a URI cannot hold is escaped.
fn uri(path: &str) -> String {
    let mut uri = String::from(if path.starts_with('/') { "file://" } else { "" });
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => uri.push(char::from(byte)),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(uri("./topology.yaml"), "topology.yaml");
        assert_eq!(uri("my services/höhe.yaml"), "my%20services/h%C3%B6he.yaml");
        assert_eq!(uri("/srv/topology.yaml"), "file:///srv/topology.yaml");
    }
}
