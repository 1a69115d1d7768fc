//! What a compiler uses: this program stands in for the rustc that cargo would start, starts it, and writes down what
//! it used.

use crate::rounds::Error;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};

/// Set for a process that stands in for rustc: the file in which it writes down.
const LOG: &str = "PONTOON_BENCH_USAGE";

/// CPU time and peak memory of one process.
pub(crate) struct Used {
    pub(crate) seconds: f64,
    pub(crate) megabytes: f64,
}

/// Makes this cargo write down in `log` what each rustc for the crate itself uses.
pub(crate) fn record(cargo: &mut Command, log: &Path) -> Result<(), Error> {
    cargo.env("RUSTC_WORKSPACE_WRAPPER", env::current_exe()?).env(LOG, log);
    Ok(())
}

/// What the last of them used.
pub(crate) fn last(log: &Path) -> Result<Used, Error> {
    let text = fs::read_to_string(log)?;
    let line = text.lines().last().ok_or("cargo found nothing to check")?;
    let (seconds, megabytes) = line.split_once(' ').ok_or("a line of two numbers")?;
    Ok(Used { seconds: seconds.parse()?, megabytes: megabytes.parse()? })
}

/// Does rustc's work where cargo has started this program instead of it. `None`: this is a run of the benchmarks.
pub(crate) fn stand_in() -> Option<ExitCode> {
    let log = env::var_os(LOG)?;
    let done = compile(Path::new(&log));
    Some(done.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::from(2)
    }))
}

fn compile(log: &Path) -> Result<ExitCode, Error> {
    let mut words = env::args_os().skip(1);
    let rustc = words.next().ok_or("a path of rustc was expected")?;
    let status = Command::new(rustc).args(words).status()?;
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = (used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6;
    let megabytes = used.max_rss() as f64 / 1024.0;
    writeln!(OpenOptions::new().append(true).open(log)?, "{seconds} {megabytes}")?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
