//! Finds the topology and compiles it: the one door through which all commands reach the compiler.

use crate::arguments::TopologyFile;
use crate::output::{self, Failure};
use pontoon_compiler::build::{self, Folder};
use pontoon_compiler::diagnostic::Style;
use pontoon_compiler::plan::Request;
use pontoon_compiler::read::Limits;
use pontoon_compiler::{Compiled, Input};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};

/// What a topology is called where nobody says otherwise.
const NAME: &str = "topology.yaml";

/// A compiled topology, and the folder that the names of its files count from.
pub(crate) struct Opened {
    pub(crate) compiled: Compiled,
    pub(crate) folder: PathBuf,
}

/// How far a command takes the topology: to its findings, its plan or the code.
pub(crate) type Stages = fn(&Input<'_>) -> Compiled;

/// Takes the topology at `file`, or the one of this folder or package, through `stages`, as far as `request` asks.
pub(crate) fn open(file: TopologyFile, mut request: Request, stages: Stages) -> Result<Opened, Failure> {
    let path = match file.path {
        Some(path) => path,
        None => find(&std::env::current_dir().map_err(|error| format!("there is no current folder: {error}"))?)?,
    };
    // Opened here once, so that a wrong path is a wrong argument and not a finding.
    std::fs::File::open(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let (folder, name) = Folder::of(&path).ok_or_else(|| format!("{} is not a file", path.display()))?;
    let folder = folder.follow_links(file.follow_links);
    request.origin.clone_from(&name);
    let (limits, today) = (Limits::default(), build::today()?);
    let compiled = stages(&Input { path: &name, files: &folder, limits, today, request: &request, code: None });
    Ok(Opened { compiled, folder: path.parent().map(Path::to_path_buf).unwrap_or_default() })
}

impl Opened {
    /// What was compiled, for a command that needs it without errors. Where it has some, they are shown instead.
    pub(crate) fn sound(self) -> Option<Compiled> {
        if self.compiled.findings.has_errors() {
            output::remark(&human(&self.compiled, &std::io::stderr()));
            return None;
        }
        Some(self.compiled)
    }
}

/// A request that plans everything and generates no more than the contract.
pub(crate) fn everything() -> Request {
    Request { contract: true, ..Request::default() }
}

/// The findings as a person reads them on this stream.
pub(crate) fn human(compiled: &Compiled, stream: &impl IsTerminal) -> String {
    let style = Style { colour: output::wants_colours(stream), ..Style::PLAIN };
    compiled.findings.render(&compiled.sources, style)
}

/// `topology.yaml` here, or beside the `Cargo.toml` of the package that this folder belongs to.
fn find(here: &Path) -> Result<PathBuf, Failure> {
    let package = here.ancestors().find(|folder| folder.join("Cargo.toml").is_file());
    let beside = package.map(|package| package.join(NAME)).filter(|path| path.is_file());
    if here.join(NAME).is_file() {
        return Ok(PathBuf::from(NAME));
    }
    // Shown as it would be typed from here: `../topology.yaml`.
    beside.map(|path| shortened(&path, here)).ok_or_else(|| {
        format!("there is no {NAME} here or beside the Cargo.toml of this package; name it: `--topology FILE`")
    })
}

fn shortened(path: &Path, here: &Path) -> PathBuf {
    let up = here.ancestors().position(|folder| path.parent() == Some(folder)).unwrap_or_default();
    let ups: PathBuf = std::iter::repeat_n("..", up).collect();
    ups.join(path.file_name().unwrap_or_default())
}
