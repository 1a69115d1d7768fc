//! Findings as comments under the lines they point at: taking them out of a file, and writing them in.

use std::fmt::Write as _;

/// One comment: what stands under a piece of one line.
#[derive(Debug)]
pub(crate) struct Note {
    /// Byte offset of the first and after the last marked byte, in the text without comments.
    pub(crate) span: std::ops::Range<usize>,
    /// What is said there: `error[code]: message`, `label: text`.
    pub(crate) text: String,
    /// The help of the finding, under its first note.
    pub(crate) help: Option<String>,
}

/// The text as its author wrote it: without the comments of this module.
pub(crate) fn strip(annotated: &str) -> String {
    let mut clean = String::with_capacity(annotated.len());
    let mut in_help = false;
    for line in annotated.split_inclusive('\n') {
        let Some(comment) = line.strip_prefix('#') else {
            in_help = false;
            clean.push_str(line);
            continue;
        };
        let continues = in_help && comment.starts_with(CONTINUED);
        in_help = comment.starts_with(HELP) || continues;
        let marks = comment.trim_start_matches(' ').starts_with('^');
        let unplaced = comment.starts_with(" error[") || comment.starts_with(" warning[");
        if !(in_help || marks || unplaced) {
            clean.push_str(line);
        }
    }
    clean
}

const HELP: &str = " help: ";
const CONTINUED: &str = "       ";

/// The text with every note under its line, and above the first line what has no place.
pub(crate) fn annotate(clean: &str, unplaced: &[String], notes: &[Note]) -> String {
    let mut annotated = String::with_capacity(clean.len() * 2);
    for text in unplaced {
        for (index, line) in text.lines().enumerate() {
            annotated.push_str(if index == 0 { "# " } else { "#" });
            annotated.push_str(line);
            annotated.push('\n');
        }
    }
    let mut offset = 0;
    for line in clean.split_inclusive('\n') {
        let end = offset + line.len();
        annotated.push_str(line);
        let last = end == clean.len();
        let here = notes
            .iter()
            .filter(|note| (offset..end).contains(&note.span.start) || (last && note.span.start >= clean.len()));
        for (index, note) in here.enumerate() {
            if index == 0 && !line.ends_with('\n') {
                annotated.push('\n');
            }
            mark(&mut annotated, line, offset, note);
        }
        offset = end;
    }
    annotated
}

/// Writes one note under `line`, which starts at `offset`.
///
/// A span in the first column is marked from the second on: the comment's own `#` stands for its first character.
fn mark(out: &mut String, line: &str, offset: usize, note: &Note) {
    let line = line.trim_end_matches(['\n', '\r']);
    let start = (note.span.start - offset).min(line.len());
    let end = (note.span.end.max(note.span.start) - offset).min(line.len());
    let column = line.get(..start).map_or(start, |before| before.chars().count());
    let width = line.get(start..end).map_or(1, |marked| marked.chars().count()).max(1);
    let (indent, carets) = if column == 0 { (0, width.saturating_sub(1).max(1)) } else { (column - 1, width) };
    let further = if note.span.end - offset > line.len() + 1 { "…" } else { "" };
    let text = note.text.replace('\n', " / ");
    let _ = writeln!(out, "#{}{}{further} {text}", " ".repeat(indent), "^".repeat(carets));
    for (index, line) in note.help.iter().flat_map(|help| help.lines()).enumerate() {
        let _ = writeln!(out, "#{}{line}", if index == 0 { HELP } else { CONTINUED });
    }
}

#[test]
fn what_is_written_in_comes_out_again() {
    let clean = "a: 1\nb:\n  c: [d, e]\n# a comment of the author\nlast";
    let notes = [
        Note { span: 0..1, text: "error[x]: first".into(), help: Some("one\n  two".into()) },
        Note { span: 14..15, text: "label: d".into(), help: None },
        Note { span: clean.len()..clean.len(), text: "label: the end".into(), help: None },
    ];
    let annotated = annotate(clean, &["warning[y]: nowhere".into()], &notes);
    assert_eq!(
        annotated,
        "# warning[y]: nowhere\na: 1\n#^ error[x]: first\n# help: one\n#         two\nb:\n  c: [d, e]\n\
         #     ^ label: d\n# a comment of the author\nlast\n#   ^ label: the end\n"
    );
    assert_eq!(strip(&annotated), format!("{clean}\n"));
}
