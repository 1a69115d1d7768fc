//! Findings as one JSON object, for scripts.

use crate::place::{self, Columns};
use pontoon_compiler::diagnostic::{Diagnostic, Findings, Label, Level};
use pontoon_compiler::source::{Position, Sources};
use serde_json::{Value, json};
use std::path::Path;

/// The findings, with their places counted in lines and characters from 1. `version` changes when this shape does.
pub(crate) fn report(sources: &Sources, folder: &Path, findings: &Findings) -> Value {
    let count = |level: Level| findings.iter().filter(|finding| finding.level == level).count();
    let finding = |finding: &Diagnostic| {
        json!({
            "code": format!("pontoon::{}", finding.code),
            "level": level(finding.level),
            "message": finding.message,
            "help": finding.help,
            "labels": finding.labels.iter().filter_map(|label| self::label(sources, folder, label)).collect::<Vec<_>>(),
        })
    };
    json!({
        "version": 1,
        "errors": count(Level::Error),
        "warnings": count(Level::Warning),
        "findings": findings.iter().map(finding).collect::<Vec<_>>(),
    })
}

/// The word for a level, which SARIF shares.
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
    }
}

fn label(sources: &Sources, folder: &Path, label: &Label) -> Option<Value> {
    let place = place::place(sources, folder, label.span, Columns::Characters)?;
    let point = |point: Position| json!({ "line": point.line, "column": point.column });
    Some(json!({
        "file": place.file,
        "start": point(place.start),
        "end": point(place.end),
        "text": label.text,
    }))
}
