//! What a build has asked and been told, kept beside what it has written. The compiler is pure: where it would be told
//! the same again, and the files are as it left them, it has nothing to do but to say what it said.
//!
//! Everything that a build learns of the world comes through the doors of this file, and so into the record. What is
//! no answer stands there, too: the build script itself, what it asks for, and the day.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use super::folder::Folder;
use super::package::PackageFolder;
use crate::code::Package;
use crate::read::Files;

/// The first and the last bytes of a record.
const BEGINS: &[u8] = b"pontoon record 1";
const ENDS: &[u8] = b"end of record";

/// A way of asking, with what is asked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Question {
    /// For a variable of the environment.
    Variable(String),
    /// For a file of the topology.
    Topology(String),
    /// For a file of the package.
    Code(PathBuf),
    /// For the Rust files of a folder of the package.
    Listing(PathBuf),
}

/// What can be asked, whoever asks.
pub(super) struct Doors<'a> {
    /// The variables of the environment.
    pub(super) variable: &'a dyn Fn(&str) -> Option<OsString>,
    /// The folder of the topology.
    pub(super) topology: &'a Folder,
    /// The folder of the package.
    pub(super) package: &'a PackageFolder,
}

impl Doors<'_> {
    /// The answer as bytes, the same for the same answer alone.
    fn ask(&self, question: &Question) -> Vec<u8> {
        match question {
            Question::Variable(name) => variable_bytes(&(self.variable)(name)),
            Question::Topology(path) => file_bytes(&self.topology.read(path)),
            Question::Code(path) => code_bytes(&self.package.read(path)),
            Question::Listing(folder) => listing_bytes(&self.package.list(folder)),
        }
    }
}

fn variable_bytes(value: &Option<OsString>) -> Vec<u8> {
    optional(value.as_ref().map(|value| value.as_encoded_bytes()))
}

/// A file that could not be read has one answer, whatever the reason: it is an error of the topology, and a build with
/// errors keeps no record.
fn file_bytes(read: &io::Result<Vec<u8>>) -> Vec<u8> {
    optional(read.as_deref().ok())
}

fn code_bytes(text: &Option<String>) -> Vec<u8> {
    optional(text.as_ref().map(String::as_bytes))
}

fn listing_bytes(paths: &[PathBuf]) -> Vec<u8> {
    let mut record = Writer::default();
    paths.iter().for_each(|path| record.field(path.as_os_str().as_encoded_bytes()));
    record.0
}

fn optional(bytes: Option<&[u8]>) -> Vec<u8> {
    match bytes {
        Some(bytes) => [b"+", bytes].concat(),
        None => b"-".to_vec(),
    }
}

/// What was asked so far, with the answers.
#[derive(Debug, Default)]
pub(super) struct Answers(RefCell<BTreeMap<Question, Vec<u8>>>);

impl Answers {
    /// Asks for a variable, and keeps the answer.
    pub(super) fn variable(&self, door: &dyn Fn(&str) -> Option<OsString>, name: &str) -> Option<OsString> {
        let value = door(name);
        self.keep(Question::Variable(name.to_owned()), || variable_bytes(&value));
        value
    }

    fn keep(&self, question: Question, answer: impl FnOnce() -> Vec<u8>) {
        self.0.borrow_mut().entry(question).or_insert_with(answer);
    }
}

/// A door whose answers are kept.
pub(super) struct Kept<'a, D> {
    /// Who answers.
    pub(super) door: &'a D,
    /// Where the answers go.
    pub(super) answers: &'a Answers,
}

impl Files for Kept<'_, Folder> {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let read = self.door.read(path);
        self.answers.keep(Question::Topology(path.to_owned()), || file_bytes(&read));
        read
    }
}

impl Package for Kept<'_, PackageFolder> {
    fn read(&self, path: &Path) -> Option<String> {
        let text = self.door.read(path);
        self.answers.keep(Question::Code(path.to_owned()), || code_bytes(&text));
        text
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let paths = self.door.list(folder);
        self.answers.keep(Question::Listing(folder.to_owned()), || listing_bytes(&paths));
        paths
    }
}

/// What a build is, beside the answers that it gets: the program, what its script asks for, and the day.
pub(super) struct Identity(Vec<u8>);

impl Identity {
    /// The identity of a build by this program, if the program can be told from another one. Whether a build script is
    /// another one cargo tells in the same way: by when it was made.
    pub(super) fn of(asks: &str, day: &str) -> Option<Self> {
        let program = std::env::current_exe().ok()?;
        let mut record = Writer::default();
        record.field(env!("CARGO_PKG_VERSION").as_bytes());
        record.field(program.as_os_str().as_encoded_bytes());
        record.field(&Stamp::of(&program)?.bytes());
        record.field(asks.as_bytes());
        record.field(day.as_bytes());
        Some(Self(record.0))
    }
}

/// When a file was changed, and how long it is.
struct Stamp {
    nanoseconds: u128,
    bytes: u64,
}

impl Stamp {
    fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
        let changed: SystemTime = metadata.modified().ok()?;
        Some(Self { nanoseconds: changed.duration_since(UNIX_EPOCH).ok()?.as_nanos(), bytes: metadata.len() })
    }

    fn bytes(&self) -> Vec<u8> {
        [&self.nanoseconds.to_le_bytes()[..], &self.bytes.to_le_bytes()].concat()
    }
}

/// Keeps what was asked, written and said. Without a record the next build does everything again.
///
/// # Errors
/// What kept it from being written.
pub(super) fn write(path: &Path, identity: &Identity, answers: &Answers, done: &super::Written<'_>) -> io::Result<()> {
    let mut record = Writer::default();
    record.field(BEGINS);
    record.field(&identity.0);
    let answers = answers.0.borrow();
    record.count(answers.len());
    for (question, answer) in &*answers {
        let (door, name) = match question {
            Question::Variable(name) => (&b"variable"[..], name.as_bytes()),
            Question::Topology(path) => (&b"topology"[..], path.as_bytes()),
            Question::Code(path) => (&b"code"[..], path.as_os_str().as_encoded_bytes()),
            Question::Listing(path) => (&b"listing"[..], path.as_os_str().as_encoded_bytes()),
        };
        record.field(door);
        record.field(name);
        record.field(answer);
    }
    record.count(done.files.len());
    for file in done.files {
        let stamp = Stamp::of(&done.folder.join(&file.name)).ok_or_else(|| io::Error::other("no time of change"))?;
        record.field(file.name.as_bytes());
        record.field(&stamp.bytes());
    }
    record.count(done.instructions.len());
    done.instructions.iter().for_each(|instruction| record.field(instruction.as_bytes()));
    record.field(ENDS);
    fs::write(path, record.0)
}

/// What the build said whose record this is, if this one would do and say the same.
pub(super) fn said_before(path: &Path, identity: &Identity, doors: &Doors<'_>, folder: &Path) -> Option<Vec<String>> {
    let record = fs::read(path).ok()?;
    let mut record = Reader(&record);
    record.matches(BEGINS)?;
    record.matches(&identity.0)?;
    for _ in 0..record.count()? {
        let (door, name) = (record.field()?, record.text()?);
        let question = match door {
            b"variable" => Question::Variable(name),
            b"topology" => Question::Topology(name),
            b"code" => Question::Code(name.into()),
            b"listing" => Question::Listing(name.into()),
            _ => return None,
        };
        record.matches(&doors.ask(&question))?;
    }
    let files = record.count()?;
    // What else is there belongs to another build, and has to go.
    if fs::read_dir(folder).ok()?.count() != files {
        return None;
    }
    for _ in 0..files {
        let file = folder.join(record.text()?);
        record.matches(&Stamp::of(&file)?.bytes())?;
    }
    let instructions: Option<Vec<String>> = (0..record.count()?).map(|_| record.text()).collect();
    record.matches(ENDS)?;
    instructions
}

/// Fields one after the other, each with its length before it.
#[derive(Default)]
struct Writer(Vec<u8>);

impl Writer {
    fn field(&mut self, bytes: &[u8]) {
        self.count(bytes.len());
        self.0.extend_from_slice(bytes);
    }

    fn count(&mut self, count: usize) {
        self.0.extend_from_slice(&(count as u64).to_le_bytes());
    }
}

/// The same, read. A record that ends too early, or is none, has no next field.
struct Reader<'r>(&'r [u8]);

impl<'r> Reader<'r> {
    fn count(&mut self) -> Option<usize> {
        let (count, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        usize::try_from(u64::from_le_bytes(*count)).ok()
    }

    fn field(&mut self) -> Option<&'r [u8]> {
        let length = self.count()?;
        let (field, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(field)
    }

    fn text(&mut self) -> Option<String> {
        String::from_utf8(self.field()?.to_vec()).ok()
    }

    /// The next field, if it is this one.
    fn matches(&mut self, bytes: &[u8]) -> Option<()> {
        (self.field()? == bytes).then_some(())
    }
}
