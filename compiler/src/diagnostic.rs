//! What is found wrong with a topology: a code, a message, the places that matter, and what to write instead.

mod frame;
mod render;

use std::collections::HashMap;

use crate::source::Span;

pub use self::render::Style;

/// How many places of one finding are shown: nobody reads on.
const PLACES: usize = 6;

/// How bad a finding is.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Level {
    /// Nothing is generated.
    Error,
    /// Code is generated all the same.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Diagnostic {
    /// The name of the rule, such as `invoke_cycle`; printed as `pontoon::invoke_cycle`.
    pub code: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is wrong, in the user's own words.
    pub message: String,
    /// The places that make up the finding; the first one is where it is reported.
    pub labels: Vec<Label>,
    /// What to write instead.
    pub help: Option<String>,
    /// What is said where several findings have one cause.
    pub together: Option<Together>,
}

/// What is said in place of several findings that have one cause, and with which findings: those that would say the
/// same.
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct Together {
    /// What is wrong, behind the number of findings: `calls go to …`.
    pub message: String,
    /// What to write instead.
    pub help: String,
}

/// A place, and what it has to do with the finding.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// Its part in the finding.
    pub text: String,
}

impl Diagnostic {
    /// Something that keeps code from being generated.
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, level: Level::Error, message: message.into(), labels: Vec::new(), help: None, together: None }
    }

    /// Something that is probably not meant.
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self { level: Level::Warning, ..Self::error(code, message) }
    }

    /// With one more place that matters.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.labels.push(Label { span, text: text.into() });
        self
    }

    /// With what to write instead.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help = Some(text.into());
        self
    }

    /// With what is said of several such findings together: `message` follows their number.
    #[must_use]
    pub fn together(mut self, message: impl Into<String>, help: impl Into<String>) -> Self {
        self.together = Some(Together { message: message.into(), help: help.into() });
        self
    }

    /// Where it is reported.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// All that was found in one run.
#[derive(Clone, Debug, Default)]
pub struct Findings {
    found: Vec<Diagnostic>,
}

impl Findings {
    /// Adds a finding.
    pub fn add(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Whether anything keeps code from being generated.
    pub fn has_errors(&self) -> bool {
        self.found.iter().any(|diagnostic| diagnostic.level == Level::Error)
    }

    /// How many findings keep code from being generated.
    pub fn errors(&self) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.level == Level::Error).count()
    }

    /// How much was found: `9 errors, 5 warnings`; nothing where nothing was.
    pub fn counts(&self) -> String {
        let errors = self.errors();
        let count = |number: usize, name: &str| match number {
            0 => None,
            1 => Some(format!("1 {name}")),
            many => Some(format!("{many} {name}s")),
        };
        let counts = [count(errors, "error"), count(self.found.len() - errors, "warning")];
        counts.into_iter().flatten().collect::<Vec<String>>().join(", ")
    }

    /// Whether nothing was found at all.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// The findings, in the order in which they were made.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// Keeps the findings for which this holds.
    pub fn retain(&mut self, keep: impl FnMut(&Diagnostic) -> bool) {
        self.found.retain(keep);
    }

    /// Puts errors before warnings, and each in the order of the files.
    pub fn sort(&mut self) {
        self.found.sort_by_key(|found| (found.level, found.span().map(|span| (span.file, span.start))));
    }

    /// Makes one finding of all that have one cause: that say the same, or of which the same is said
    /// [together](Together). The first places are shown, and the message says how many there are.
    pub fn gather(&mut self) {
        let mut first = HashMap::new();
        let mut gathered: Vec<(Diagnostic, usize)> = Vec::with_capacity(self.found.len());
        for found in self.found.drain(..) {
            let said = found.together.is_none().then(|| (found.message.clone(), found.help.clone()));
            let cause = (found.code, found.level, said, found.together.clone());
            let index = *first.entry(cause).or_insert(gathered.len());
            let Some((one, places)) = gathered.get_mut(index) else {
                gathered.push((found, 1));
                continue;
            };
            *places += 1;
            if *places <= PLACES {
                one.labels.extend(found.labels.into_iter().next());
            }
        }
        self.found.extend(gathered.into_iter().map(|(found, places)| together(found, places)));
    }
}

/// A finding that stands for all those of one cause.
fn together(found: Diagnostic, places: usize) -> Diagnostic {
    let shown = if places > PLACES { format!(" (the first {PLACES} are shown)") } else { String::new() };
    match found.together {
        _ if places == 1 => found,
        Some(Together { message, help }) => {
            let message = format!("{places} {message}{shown}");
            Diagnostic { message, help: Some(help), together: None, ..found }
        }
        None => Diagnostic { message: format!("{}, in {places} places{shown}", found.message), ..found },
    }
}

impl Extend<Diagnostic> for Findings {
    fn extend<I: IntoIterator<Item = Diagnostic>>(&mut self, diagnostics: I) {
        self.found.extend(diagnostics);
    }
}

impl IntoIterator for Findings {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
