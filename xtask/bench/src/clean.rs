//! A clean build of the quickstart, as somebody meets it who tries Pontoon, against that of two crates whose versions
//! are in the lockfile.

use std::fs;
use std::path::Path;

use crate::cargo;
use crate::check::Written;
use crate::rounds::{Error, median, shown};
use crate::table::Figure;
use crate::usage::Taken;

const ROUNDS: usize = 3;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let written = Written::new(
        "pontoon-reference",
        "[dependencies]\nregex = \"1\"\nsyn = { version = \"3\", features = [\"extra-traits\", \"full\", \"visit\"] }\n",
    )?;
    written.file("src/lib.rs", "")?;
    let reference = written.folder.join("Cargo.toml");
    let quickstart = cargo::root()?.join("examples/quickstart/Cargo.toml");
    let (mut ours, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        theirs.push(built(&reference)?);
        ours.push(built(&quickstart)?);
    }
    let ratio = median(ours.iter().zip(&theirs).map(|(ours, theirs)| ours.cpu / theirs.cpu).collect());
    let [ours, theirs] = [ours, theirs].map(|taken| Taken::medians(&taken));
    let (cpu, clock, other) = (shown(ours.cpu), shown(ours.clock), shown(theirs.cpu));
    Ok(vec![Figure {
        what: "CPU of a clean build of the quickstart, debug".into(),
        against: "a clean build of syn and regex",
        measured: format!("{ratio:.2} × ({cpu}, {other}; {clock} by the clock)"),
        at_most: "3.7 ×",
        within: ratio <= 3.7,
    }])
}

/// Builds a crate with all that it depends on into an empty folder.
fn built(manifest: &Path) -> Result<Taken, Error> {
    let target = cargo::target()?.join("bench/clean");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    let mut build = cargo::command("build");
    build.arg("--manifest-path").arg(manifest).arg("--target-dir").arg(target);
    Taken::by(&mut build)
}
