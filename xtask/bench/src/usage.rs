//! What a compiler uses: this program stands in for the rustc that cargo would start, starts it, and writes down what
//! it used.

use crate::cargo;
use crate::rounds::{Error, median};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike as _;
use std::env;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

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

/// What processes took that have ended.
pub(crate) struct Taken {
    /// CPU time, in seconds.
    pub(crate) cpu: f64,
    /// Time by the clock, in seconds.
    pub(crate) clock: f64,
}

impl Taken {
    /// What a command takes, with all that it starts.
    pub(crate) fn by(command: &mut Command) -> Result<Self, Error> {
        let (before, start) = (of_children()?, Instant::now());
        cargo::succeed(command)?;
        let clock = start.elapsed().as_secs_f64();
        Ok(Self { cpu: of_children()? - before, clock })
    }

    /// The median of each.
    pub(crate) fn medians(taken: &[Self]) -> Self {
        let of = |part: fn(&Self) -> f64| median(taken.iter().map(part).collect());
        Self { cpu: of(|one| one.cpu), clock: of(|one| one.clock) }
    }
}

/// The CPU seconds of all processes that this one has started and waited for.
fn of_children() -> Result<f64, Error> {
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok((used.user_time() + used.system_time()).num_microseconds() as f64 / 1e6)
}

/// The instructions that a program executes, by callgrind. `None` where that is not installed.
pub(crate) fn instructions(program: &Command) -> Result<Option<f64>, Error> {
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", "--callgrind-out-file=/dev/null"]).arg(program.get_program());
    valgrind.args(program.get_args()).envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
    if let Some(folder) = program.get_current_dir() {
        valgrind.current_dir(folder);
    }
    let Ok(output) = valgrind.output() else { return Ok(None) };
    let text = String::from_utf8_lossy(&output.stderr);
    let counted = text.lines().find_map(|line| line.split_once("Collected : ")).map(|(_, count)| count.trim());
    let count = counted.ok_or_else(|| format!("callgrind counted nothing\n{text}"))?;
    Ok(Some(count.parse()?))
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
