//! The first stage: text becomes a typed document, and a tree that knows where everything stands.
//!
//! One walk over the events of the YAML parser holds the limits on input, reports syntax errors and duplicate keys, and
//! builds the tree; the document is then filled from the tree. No other module knows that the language is YAML.

mod choice;
mod collect;
mod entries;
mod fault;
mod fill;
mod include;
mod keys;
mod marks;
mod schedule;
mod syntax;
mod text;
mod tree;
mod value;
mod walk;

use std::fmt;
use std::io;

use pontoon_schema::document::Document;

use crate::diagnostic::{Diagnostic, Findings, Level};
use crate::source::Sources;

pub use self::tree::{Node, Tree};

/// Where the files of a topology come from.
pub trait Files {
    /// The bytes of a file. The path is relative to the folder of the topology, with `/` between folders and no `..`.
    ///
    /// # Errors
    /// Whatever kept it from being read; [`ThroughLink`] inside of an [`io::Error`] where links are not followed.
    fn read(&self, path: &str) -> io::Result<Vec<u8>>;
}

/// Why a file was not read: this part of its path is a symbolic link, and those are not followed.
#[derive(Debug)]
pub struct ThroughLink(pub String);

impl fmt::Display for ThroughLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is a symbolic link", self.0)
    }
}

impl std::error::Error for ThroughLink {}

/// How much a topology may bring along.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct Limits {
    /// The largest file, in bytes. Never more than 1 GiB.
    pub file: usize,
    /// All files together, in bytes. Never more than 1 GiB.
    pub total: usize,
}

impl Default for Limits {
    /// 4 MiB a file, 64 MiB in all.
    fn default() -> Self {
        Self { file: 4 << 20, total: 64 << 20 }
    }
}

/// A topology as it was read.
#[derive(Clone, Debug)]
pub struct Source {
    /// What it says.
    pub document: Document,
    /// Where it says it. The keys are those of the document.
    pub spans: Tree,
}

/// Reads the topology at `path`, with all that it includes. Whatever is wrong with it goes to the findings, as much of
/// it as can be seen in one run; then there is no document. The files that were read go to `sources` either way.
pub fn read(
    path: &str,
    files: &dyn Files,
    limits: Limits,
    sources: &mut Sources,
    findings: &mut Findings,
) -> Option<Source> {
    let read = include::read_all(path, files, limits, sources);
    findings.extend(read.problems);
    let spans = read.tree?;
    let document = fill::fill(&spans, read.skip, sources, findings);
    findings.sort();
    let document = document?;
    let source = Source { document, spans };
    findings.extend(schedule::check(&source));
    // Of what stands twice the first is taken, so that the rest can be looked through, too.
    let readable = |found: &Diagnostic| found.level == Level::Warning || found.code == "duplicate_name";
    findings.iter().all(readable).then_some(source)
}
