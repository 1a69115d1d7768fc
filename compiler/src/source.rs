//! The files of a topology, and places in them.

/// One of the files of a topology.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct FileId(pub u32);

/// A place in a file, in bytes. The end is the first byte that no longer belongs to it.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Span {
    /// The file.
    pub file: FileId,
    /// The first byte.
    pub start: u32,
    /// The byte after the last one.
    pub end: u32,
}

impl Span {
    /// The place from `start` to before `end`.
    pub const fn new(file: FileId, start: u32, end: u32) -> Self {
        Self { file, start, end: if end < start { start } else { end } }
    }

    /// How many bytes it has.
    pub const fn len(self) -> u32 {
        self.end - self.start
    }

    /// Whether it is a point between two bytes.
    pub const fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// All files that were read, in the order in which they were reached: the topology itself is the first.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
}

/// A file: what the user calls it, and its text.
#[derive(Clone, Debug)]
pub struct SourceFile {
    /// The path as the user may type it, relative to the folder of the topology.
    pub name: String,
    /// The text. Bytes that are not UTF-8 have been replaced.
    pub text: String,
    /// Where its lines begin, in bytes.
    lines: Vec<usize>,
    /// Whether characters and bytes are the same.
    ascii: bool,
}

impl SourceFile {
    fn new(name: String, text: String) -> Self {
        let lines = std::iter::once(0).chain(text.match_indices('\n').map(|(newline, _)| newline + 1)).collect();
        Self { name, ascii: text.is_ascii(), text, lines }
    }

    /// Where a byte is as people count, with `count` for the characters of the line before it. Places behind the end
    /// are the end; those within a character are its beginning.
    pub fn position(&self, byte: usize, count: impl FnOnce(&str) -> usize) -> Position {
        let start = self.text.floor_char_boundary(byte);
        let (line, begins) = self.line(start);
        let before = &self.text[begins..start];
        let column = if self.ascii { before.len() } else { count(before) };
        let number = |number: usize| u32::try_from(number + 1).unwrap_or(u32::MAX);
        Position { line: number(line), column: number(column) }
    }

    /// The line that a byte belongs to, from 0, and where it begins.
    pub(crate) fn line(&self, byte: usize) -> (usize, usize) {
        let line = self.lines.partition_point(|begins| *begins <= byte).saturating_sub(1);
        (line, self.lines.get(line).copied().unwrap_or(0))
    }

    /// Where a line ends, before its line break.
    pub(crate) fn line_end(&self, line: usize) -> usize {
        self.lines.get(line + 1).map_or(self.text.len(), |next| next - 1)
    }

    /// Whether characters and bytes are the same.
    pub(crate) fn is_ascii(&self) -> bool {
        self.ascii
    }
}

/// A place as people count it, from 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Position {
    /// The line.
    pub line: u32,
    /// The character within the line.
    pub column: u32,
}

impl Sources {
    /// Adds a file.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(SourceFile::new(name.into(), text.into()));
        id
    }

    /// The file of this id. Ids of other `Sources` get what happens to stand there, or nothing.
    pub fn file(&self, id: FileId) -> Option<&SourceFile> {
        self.files.get(id.0 as usize)
    }

    /// All files, with their ids.
    pub fn files(&self) -> impl Iterator<Item = (FileId, &SourceFile)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// What stands at a place; nothing where there is no such place.
    pub fn text(&self, span: Span) -> &str {
        self.file(span.file).and_then(|file| file.text.get(span.start as usize..span.end as usize)).unwrap_or_default()
    }

    /// Where the place begins, as people count.
    pub fn position(&self, span: Span) -> Position {
        let at = |file: &SourceFile| file.position(span.start as usize, |before| before.chars().count());
        self.file(span.file).map_or(Position { line: 1, column: 1 }, at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_lines_and_characters() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "ä: 1\nbö: 2\n");
        let at = |start| sources.position(Span::new(file, start, start));
        assert_eq!(at(0), Position { line: 1, column: 1 });
        assert_eq!(at(2), Position { line: 1, column: 2 });
        assert_eq!(at(6), Position { line: 2, column: 1 });
        assert_eq!(at(10), Position { line: 2, column: 4 });
        assert_eq!(at(9_999), Position { line: 3, column: 1 });
    }
}
