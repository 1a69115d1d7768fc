//! From the start of a process to its being ready, and the memory that it then has: the quickstart, and a bare program
//! on tokio.

use crate::cargo;
use crate::process::Process;
use crate::rounds::{Error, median};
use crate::table::Figure;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 31;

pub(crate) fn figures() -> Result<Vec<Figure>, Error> {
    let programs = (cargo::built("quickstart", "quickstart")?, cargo::built("pontoon-bench", "bare")?);
    let (mut quickstart, mut bare) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        quickstart.push(Started::measure(Command::new(&programs.0).arg("serve").env("RUST_LOG", "info"))?);
        bare.push(Started::measure(&mut Command::new(&programs.1))?);
    }
    let milliseconds = |all: &[Started]| median(all.iter().map(|one| one.milliseconds).collect());
    let megabytes = |all: &[Started]| median(all.iter().map(|one| one.megabytes).collect());

    let against = "a bare tokio program that waits for a signal";
    let (ours, theirs) = (milliseconds(&quickstart), milliseconds(&bare));
    let start = Figure {
        what: "start to ready, quickstart".into(),
        against,
        measured: format!("{:+.1} ms ({ours:.1} ms, {theirs:.1} ms)", ours - theirs),
        at_most: "+ 5 ms",
        within: ours <= theirs + 5.0,
    };
    let (ours, theirs) = (megabytes(&quickstart), megabytes(&bare));
    let memory = Figure {
        what: "its resident memory then".into(),
        against,
        measured: format!("{:+.1} MB ({ours:.1} MB, {theirs:.1} MB)", ours - theirs),
        at_most: "+ 5 MB",
        within: ours <= theirs + 5.0,
    };
    Ok(vec![start, memory])
}

/// What a process took to be ready, and had then.
struct Started {
    milliseconds: f64,
    megabytes: f64,
}

impl Started {
    /// Starts a program that says on stderr when it is ready, and ends it then.
    fn measure(command: &mut Command) -> Result<Self, Error> {
        let start = Instant::now();
        let process = Process::start(command)?;
        let milliseconds = start.elapsed().as_secs_f64() * 1e3;
        Ok(Self { milliseconds, megabytes: process.resident()? })
    }
}
