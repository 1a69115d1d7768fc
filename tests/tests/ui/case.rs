//! One annotated topology: its files without their comments, compiled, and the comments that its findings make.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use pontoon_compiler::diagnostic::{Diagnostic, Level, Style};
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::{Files, Limits};
use pontoon_compiler::source::Span;
use pontoon_compiler::{Compiled, Input, compile};
use pontoon_schema::document::Date;

use crate::annotation::{Note, annotate, strip};

/// A topology and what is found in it.
pub(crate) struct Case {
    folder: PathBuf,
    /// Its file: `fail_of_two.yaml`. Files that it includes stand in a folder beside it.
    pub(crate) name: String,
    compiled: Compiled,
}

/// Annotated files, as the compiler is to see them.
struct Stripped<'a>(&'a Path);

impl Files for Stripped<'_> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = fs::read(self.0.join(path))?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => strip(&text).into_bytes(),
            Err(error) => error.into_bytes(),
        })
    }
}

/// A single text.
struct Alone<'a>(&'a str);

impl Files for Alone<'_> {
    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(self.0.as_bytes().to_vec())
    }
}

fn run(files: &dyn Files, path: &str, foresee: bool) -> Compiled {
    let today = Date::new(2026, 11, 23).expect("a day");
    // What a build would generate is not asked here.
    let request = Request { contract: true, foresee, origin: path.to_owned(), ..Request::default() };
    compile(&Input { path, files, limits: Limits::default(), today, request: &request, code: None })
}

/// What is found in a text.
pub(crate) fn findings(text: &str) -> Compiled {
    run(&Alone(text), "topology.yaml", false)
}

fn blessing() -> bool {
    env::var_os("PONTOON_BLESS").is_some_and(|value| value == "1")
}

impl Case {
    pub(crate) fn compile(folder: &Path, name: &str) -> Self {
        Self { folder: folder.to_owned(), name: name.to_owned(), compiled: run(&Stripped(folder), name, false) }
    }

    /// With what no build can have yet.
    pub(crate) fn foresee(folder: &Path, name: &str) -> Self {
        Self { compiled: run(&Stripped(folder), name, true), ..Self::compile(folder, name) }
    }

    pub(crate) fn findings(&self) -> impl Iterator<Item = &Diagnostic> {
        self.compiled.findings.iter()
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = &'static str> {
        self.findings().map(|found| found.code)
    }

    /// The topology as the compiler sees it.
    pub(crate) fn text(&self) -> String {
        strip(&fs::read_to_string(self.folder.join(&self.name)).unwrap_or_default())
    }

    /// The findings as they are shown in a terminal.
    pub(crate) fn report(&self) -> String {
        self.compiled.findings.render(&self.compiled.sources, Style::PLAIN)
    }

    /// How the files differ from what the findings would make of them.
    pub(crate) fn compare(&self) -> Option<String> {
        let mut problems = Vec::new();
        for (id, source) in self.compiled.sources.files() {
            let path = self.folder.join(&source.name);
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let notes: Vec<Note> =
                self.findings().flat_map(notes).filter_map(|(span, note)| (span.file == id).then_some(note)).collect();
            let unplaced = self.findings().filter(|found| found.labels.is_empty() && id.0 == 0).map(headline);
            let expected = annotate(&strip(&text), &unplaced.collect::<Vec<_>>(), &notes);
            problems.extend(differ(&path, &text, &expected));
        }
        // The whole picture, for the findings that are read most.
        let path = self.folder.join(self.name.replace(".yaml", ".txt"));
        if let Ok(text) = fs::read_to_string(&path) {
            problems.extend(differ(&path, &text, &self.report()));
        }
        (!problems.is_empty()).then(|| problems.join("\n"))
    }
}

fn headline(found: &Diagnostic) -> String {
    let level = match found.level {
        Level::Error => "error",
        Level::Warning => "warning",
    };
    format!("{level}[{}]: {}", found.code, found.message)
}

/// The comments that a finding makes: its message, its first label and its help in one place, then the other labels.
fn notes(found: &Diagnostic) -> Vec<(Span, Note)> {
    let note = |span: Span, text| (span, Note { span: span.start as usize..span.end as usize, text, help: None });
    let mut notes: Vec<(Span, Note)> = found.span().map(|span| note(span, headline(found))).into_iter().collect();
    let labels = found.labels.iter().filter(|label| !label.text.is_empty());
    notes.extend(labels.map(|label| note(label.span, format!("label: {}", label.text))));
    let first = found.labels.first().is_some_and(|label| !label.text.is_empty());
    if let Some((_, note)) = notes.get_mut(usize::from(first)) {
        note.help.clone_from(&found.help);
    }
    notes
}

/// Says how a file differs from what is expected of it, or writes it anew.
fn differ(path: &Path, text: &str, expected: &str) -> Option<String> {
    if text.trim_end() == expected.trim_end() {
        return None;
    }
    if blessing() {
        fs::write(path, expected).expect("a file that can be written");
        return None;
    }
    let lines = text.lines().zip(expected.lines()).position(|(is, expected)| is != expected);
    let line = lines.unwrap_or_else(|| text.lines().count().min(expected.lines().count()));
    let at = |text: &str| text.lines().skip(line).take(4).collect::<Vec<_>>().join("\n  ");
    Some(format!("{}:{}\n- {}\n+ {}", path.display(), line + 1, at(text), at(expected)))
}
