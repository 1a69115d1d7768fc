//! Steps that run one after the other, each under its heading, with a summary of what ran and how long it took.

use std::io::{self, Write};
use std::iter::{once, repeat_with};
use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

/// A program with its arguments, run at the root of the repository.
pub(crate) struct Step {
    name: &'static str,
    program: String,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
    /// Steps that run while this one mostly waits.
    meanwhile: Vec<Step>,
}

/// How a step went.
#[derive(Debug, Clone, Copy)]
struct Ran {
    succeeded: bool,
    took: Duration,
}

impl Step {
    /// A step that calls the cargo which runs us, with arguments as one would type them.
    pub(crate) fn cargo(name: &'static str, arguments: &str) -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        Self::new(name, cargo, arguments)
    }

    /// A step that calls rustup, whose `run` chooses another toolchain.
    pub(crate) fn rustup(name: &'static str, arguments: &str) -> Self {
        Self::new(name, "rustup".to_owned(), arguments)
    }

    /// A step that calls another program.
    pub(crate) fn program(name: &'static str, program: &str, arguments: &str) -> Self {
        Self::new(name, program.to_owned(), arguments)
    }

    fn new(name: &'static str, program: String, arguments: &str) -> Self {
        let arguments = arguments.split_whitespace().map(str::to_owned).collect();
        Self { name, program, arguments, variables: Vec::new(), meanwhile: Vec::new() }
    }

    /// Sets a variable for this step alone.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs other steps while this one mostly waits: one after the other, and behind it in line for the processor. What
    /// they say comes after what it says.
    pub(crate) fn meanwhile(mut self, steps: impl IntoIterator<Item = Self>) -> Self {
        self.meanwhile.extend(steps);
        self
    }

    /// The step and those that run meanwhile.
    fn all(&self) -> impl Iterator<Item = &Self> {
        once(self).chain(&self.meanwhile)
    }

    /// Runs the step with its output where ours goes; true if it succeeded.
    pub(crate) fn run(&self) -> bool {
        succeeded(&self.run_all())
    }

    /// Runs the step, and others meanwhile. In the order of [`all`](Self::all); nothing for what was not run.
    fn run_all(&self) -> Vec<Option<Ran>> {
        thread::scope(|scope| {
            let others = scope.spawn(|| {
                let (mut ran, mut output) = (Vec::new(), Vec::new());
                for step in &self.meanwhile {
                    ran.push(Some(step.run_behind(&mut output)));
                    if !succeeded(&ran) {
                        break;
                    }
                }
                (ran, output)
            });
            let mut ran = vec![Some(self.run_in_front())];
            let (others, output) = others.join().unwrap_or_else(|panic| resume_unwind(panic));
            ran.extend(others);
            // Where nobody listens, there is nobody to tell so.
            let _ = io::stdout().write_all(&output);
            ran
        })
    }

    /// Runs the step with its output where ours goes.
    fn run_in_front(&self) -> Ran {
        println!("\n== {}\n   {}", self.name, self.line());
        let start = Instant::now();
        let status = self.command(&self.program).status();
        let succeeded = match status {
            Ok(status) => status.success(),
            Err(error) => {
                eprintln!("could not start `{}`: {error}", self.program);
                false
            }
        };
        Ran { succeeded, took: start.elapsed() }
    }

    /// Runs the step so that it gives way to others, and adds what it says to `output`.
    fn run_behind(&self, output: &mut Vec<u8>) -> Ran {
        let start = Instant::now();
        output.extend(format!("\n== {}\n   {}\n", self.name, self.line()).bytes());
        let mut command = self.command("nice");
        let succeeded = match command.output() {
            Ok(said) => {
                output.extend(said.stderr);
                output.extend(said.stdout);
                said.status.success()
            }
            Err(error) => {
                output.extend(format!("could not start `nice {}`: {error}\n", self.program).bytes());
                false
            }
        };
        Ran { succeeded, took: start.elapsed() }
    }

    /// The step, to be started by a program: its own, or one that is given that.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        if program != self.program {
            command.arg(&self.program);
        }
        command
            .args(&self.arguments)
            .current_dir(root())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        if self.program == "rustup" {
            // Cargo names the toolchain that runs us in this variable, and rustup would obey it.
            command.env_remove("RUSTUP_TOOLCHAIN");
        }
        command
    }

    /// Runs the step in silence; true if it succeeded.
    pub(crate) fn succeeds(&self) -> bool {
        Command::new(&self.program)
            .args(&self.arguments)
            .current_dir(root())
            .output()
            .is_ok_and(|output| output.status.success())
    }

    /// The step as a person would type it.
    pub(crate) fn line(&self) -> String {
        let program = Path::new(&self.program).file_stem().unwrap_or_default().to_string_lossy();
        let variables: String = self.variables.iter().map(|(name, value)| format!("{name}='{value}' ")).collect();
        format!("{variables}{program} {}", self.arguments.join(" "))
    }
}

/// Runs the steps in their order, stops at the first that fails, and says at the end what ran, how it went and how long
/// it took.
pub(crate) fn run(steps: &[Step]) -> ExitCode {
    let started = Instant::now();
    let mut ran = Vec::new();
    for step in steps {
        let all = ran.len() + step.all().count();
        ran.extend(step.run_all());
        ran.resize(all, None);
        if !succeeded(&ran) {
            break;
        }
    }
    println!("\n== summary");
    for (step, ran) in steps.iter().flat_map(Step::all).zip(ran.iter().copied().chain(repeat_with(|| None))) {
        println!("{}", summary_line(step.name, ran));
    }
    let took = started.elapsed();
    let succeeded = succeeded(&ran);
    println!("{}", summary_line("all together", Some(Ran { succeeded, took })));
    if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether nothing of what ran has failed.
fn succeeded(ran: &[Option<Ran>]) -> bool {
    ran.iter().flatten().all(|ran| ran.succeeded)
}

fn summary_line(name: &str, ran: Option<Ran>) -> String {
    match ran {
        Some(Ran { succeeded, took }) => {
            format!("   {:<7} {:>6.1} s  {name}", if succeeded { "passed" } else { "FAILED" }, took.as_secs_f64())
        }
        None => format!("   {:<7} {:>6}    {name}", "not run", ""),
    }
}

/// The folder that holds the workspace.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().map_or_else(PathBuf::new, Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(name: &'static str, script: &str) -> Step {
        let mut step = Step::program(name, "sh", "-c");
        step.arguments.push(script.to_owned());
        step
    }

    #[test]
    fn the_summary_tells_passed_failed_and_not_run_apart() {
        let ran = |milliseconds, succeeded| Some(Ran { succeeded, took: Duration::from_millis(milliseconds) });
        assert_eq!(summary_line("clippy", ran(12_340, true)), "   passed    12.3 s  clippy");
        assert_eq!(summary_line("clippy", ran(500, false)), "   FAILED     0.5 s  clippy");
        assert_eq!(summary_line("clippy", None), "   not run           clippy");
    }

    #[test]
    fn what_runs_meanwhile_fails_the_run_as_well() {
        let step = shell("in front", "exit 0").meanwhile([
            shell("first", "echo said"),
            shell("second", "echo to stderr >&2; exit 3"),
            shell("third", "exit 0"),
        ]);
        let ran: Vec<bool> = step.run_all().into_iter().flatten().map(|ran| ran.succeeded).collect();
        assert_eq!(ran, [true, true, false], "the third is not run");
        let mut output = Vec::new();
        assert!(!step.meanwhile[1].run_behind(&mut output).succeeded);
        let output = String::from_utf8(output).unwrap();
        assert!(output.starts_with("\n== second\n   sh -c echo") && output.ends_with("to stderr\n"), "{output}");
        assert_eq!(run(&[shell("fine", "exit 0")]), ExitCode::SUCCESS);
        assert_eq!(run(&[step, shell("after", "exit 0")]), ExitCode::FAILURE);
    }

    #[test]
    fn the_line_is_what_one_would_type() {
        let step = Step { program: "/opt/rust/bin/cargo".to_owned(), ..Step::cargo("documents", "doc --no-deps") };
        assert_eq!(step.with("RUSTDOCFLAGS", "-D warnings").line(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(root().join("rustfmt.toml").is_file());
    }
}
