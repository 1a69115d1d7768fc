//! Places as other programs count them: lines from 1, columns from 1, in characters or in UTF-16 code units.

use pontoon_compiler::source::{Position, Sources, Span};
use std::path::Path;

/// What a column counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Columns {
    /// Characters: Unicode scalar values.
    Characters,
    /// UTF-16 code units, as SARIF and language servers do.
    Utf16,
}

/// A place in a file, by the path that leads to it from the current folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) file: String,
    pub(crate) start: Position,
    /// The point after the last character.
    pub(crate) end: Position,
}

/// Where the span is. `folder` is where the topology is, from which the names of its files count.
pub(crate) fn place(sources: &Sources, folder: &Path, span: Span, columns: Columns) -> Option<Place> {
    let file = sources.file(span.file)?;
    let path = folder.join(&file.name);
    let slashes = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    let count = |before: &str| match columns {
        Columns::Characters => before.chars().count(),
        Columns::Utf16 => before.encode_utf16().count(),
    };
    let at = |byte: u32| file.position(byte as usize, count);
    Some(Place { file: slashes, start: at(span.start), end: at(span.end) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_what_the_reader_counts() {
        let mut sources = Sources::default();
        let file = sources.add("shop.yaml", "a: 1\n𝄞é: x\n");
        let span = Span::new(file, 5, 13);
        let of = |columns| place(&sources, Path::new("services"), span, columns).expect("the file is known");
        let characters = of(Columns::Characters);
        assert_eq!(characters.file, "services/shop.yaml");
        assert_eq!(characters.start, Position { line: 2, column: 1 });
        assert_eq!(characters.end, Position { line: 2, column: 5 });
        assert_eq!(of(Columns::Utf16).end, Position { line: 2, column: 6 });
    }
}
