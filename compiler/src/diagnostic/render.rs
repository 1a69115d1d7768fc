//! Findings as a person reads them in a terminal. miette draws; nothing outside this file knows it.

use std::borrow::Cow;
use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents, Severity, SourceCode,
    SourceSpan, SpanContents,
};

use pontoon_schema::name::is_hidden;

use super::{Diagnostic, Findings, Level, frame};
use crate::source::{SourceFile, Sources, Span};

/// How a report looks.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// Whether it has colours: for terminals only.
    pub colour: bool,
    /// How many columns it may take.
    pub width: usize,
}

impl Style {
    /// Without colours, 100 columns: for logs, and for tests.
    pub const PLAIN: Self = Self { colour: false, width: 100 };
}

impl Diagnostic {
    /// The finding as it is shown: code, message, the lines that matter, help.
    pub fn render(&self, sources: &Sources, style: Style) -> String {
        self.draw(&Atlas::new(sources), style)
    }

    fn draw(&self, atlas: &Atlas<'_>, style: Style) -> String {
        let theme = if style.colour { GraphicalTheme::unicode() } else { GraphicalTheme::unicode_nocolor() };
        let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.max(40)).with_links(false);
        let mut text = String::new();
        // Writing into a String does not fail; were a frame refused, the message still stands there.
        if handler.render_report(&mut text, &Report { diagnostic: self, atlas }).is_err() {
            text = format!("pontoon::{}\n\n  {}\n", self.code, self.message);
        }
        frame::join(&text)
    }
}

impl Findings {
    /// All findings as they are shown, with an empty line between them.
    pub fn render(&self, sources: &Sources, style: Style) -> String {
        let atlas = Atlas::new(sources);
        let shown: Vec<String> = self.iter().map(|diagnostic| diagnostic.draw(&atlas, style)).collect();
        shown.join("\n")
    }
}

struct Report<'a> {
    diagnostic: &'a Diagnostic,
    atlas: &'a Atlas<'a>,
}

impl miette::Diagnostic for Report<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(format!("pontoon::{}", self.diagnostic.code)))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.diagnostic.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        (!self.diagnostic.labels.is_empty()).then_some(self.atlas as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.diagnostic.labels.iter().enumerate().map(|(at, label)| {
            let text = (!label.text.is_empty()).then(|| label.text.clone());
            let span = self.atlas.place(label.span);
            if at == 0 {
                LabeledSpan::new_primary_with_span(text, span)
            } else {
                LabeledSpan::new_with_span(text, span)
            }
        })))
    }
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl fmt::Debug for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Report<'_> {}

/// All files side by side in one space of offsets, so that one report can point into several.
struct Atlas<'a> {
    sheets: Vec<Sheet<'a>>,
}

struct Sheet<'a> {
    file: &'a SourceFile,
    /// Its text, with as many bytes in each line.
    text: Cow<'a, str>,
    /// Where the file begins in the common space.
    base: usize,
}

/// Lines longer than this are shown in part, and labels end with it: a line can have a megabyte.
const SHOWN: usize = 120;

impl<'a> Atlas<'a> {
    fn new(sources: &'a Sources) -> Self {
        let mut base = 0;
        let sheets = sources.files().map(|(_, file)| {
            let sheet = Sheet { file, text: masked(&file.text), base };
            base += file.text.len() + 1;
            sheet
        });
        Self { sheets: sheets.collect() }
    }

    /// The span in the common space. It ends with its first line: the others would only make the frame longer.
    fn place(&self, span: Span) -> SourceSpan {
        let Some(sheet) = self.sheets.get(span.file.0 as usize) else {
            return (0, 0).into();
        };
        let start = floor(&sheet.text, span.start as usize);
        let end = floor(&sheet.text, (span.end as usize).min(start + SHOWN)).max(start);
        let line = sheet.text[start..end].find(['\n', '\r']).unwrap_or(end - start);
        (sheet.base + start, line).into()
    }
}

/// The text with characters that would play tricks on a terminal replaced by others of as many bytes, so that places
/// stay.
fn masked(text: &str) -> Cow<'_, str> {
    let tricky = |letter: char| is_hidden(letter) && !matches!(letter, '\n' | '\t');
    if !text.chars().any(tricky) {
        return Cow::Borrowed(text);
    }
    let mask = |letter: char| match letter.len_utf8() {
        _ if !tricky(letter) => letter,
        _ if letter == '\r' => ' ',
        1 => '?',
        2 => '¿',
        _ => '\u{fffd}',
    };
    Cow::Owned(text.chars().map(mask).collect())
}

/// The nearest place at or before `at` where a character begins.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl SourceCode for Atlas<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _lines_before: usize,
        _lines_after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let sheet =
            self.sheets.iter().rev().find(|sheet| sheet.base <= span.offset()).ok_or(MietteError::OutOfBounds)?;
        let start = span.offset() - sheet.base;
        let end = start + span.len();
        // miette asks for two labels at once when it tries to join their frames. It can't where they stand in two
        // files, and must not where a line would become too long.
        let text = &*sheet.text;
        if span.len() > 8 * SHOWN || end > text.len() || !text.is_char_boundary(start) || !text.is_char_boundary(end) {
            return Err(MietteError::OutOfBounds);
        }
        let (line, line_start) = sheet.file.line(start);
        let (last_line, _) = sheet.file.line(end);
        let line_end = sheet.file.line_end(last_line);
        let first = line_start.max(floor(text, start.saturating_sub(SHOWN)));
        let last = line_end.min(floor(text, end + SHOWN));
        let before = &text[line_start..start];
        Ok(Box::new(MietteSpanContents::new_named(
            sheet.file.name.clone(),
            &text.as_bytes()[first..last],
            (sheet.base + first, last - first).into(),
            line,
            if sheet.file.is_ascii() { before.len() } else { before.chars().count() },
            last_line - line + 1,
        )))
    }
}
