//! Steps that run one after the other, each under its heading, with a summary of what ran and how long it took.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

/// A program with its arguments, run at the root of the repository.
pub(crate) struct Step {
    name: &'static str,
    program: String,
    arguments: Vec<String>,
    variables: Vec<(&'static str, String)>,
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
        Self { name, program, arguments, variables: Vec::new() }
    }

    /// Sets a variable for this step alone.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.variables.push((name, value.into()));
        self
    }

    /// Runs the step with its output where ours goes; true if it succeeded.
    pub(crate) fn run(&self) -> bool {
        println!("\n== {}\n   {}", self.name, self.line());
        let mut command = Command::new(&self.program);
        command
            .args(&self.arguments)
            .current_dir(root())
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
        if self.program == "rustup" {
            // Cargo names the toolchain that runs us in this variable, and rustup would obey it.
            command.env_remove("RUSTUP_TOOLCHAIN");
        }
        match command.status() {
            Ok(status) => status.success(),
            Err(error) => {
                eprintln!("could not start `{}`: {error}", self.program);
                false
            }
        }
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
    let mut took = Vec::new();
    let mut failed = false;
    for step in steps {
        let start = Instant::now();
        failed = !step.run();
        took.push(start.elapsed());
        if failed {
            break;
        }
    }
    println!("\n== summary");
    for (index, step) in steps.iter().enumerate() {
        println!("{}", summary_line(step.name, took.get(index).copied(), failed && index + 1 == took.len()));
    }
    println!(
        "   {:<7} {:>6.1} s  all together",
        if failed { "FAILED" } else { "passed" },
        started.elapsed().as_secs_f64()
    );
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn summary_line(name: &str, took: Option<Duration>, failed: bool) -> String {
    match took {
        Some(took) => {
            format!("   {:<7} {:>6.1} s  {name}", if failed { "FAILED" } else { "passed" }, took.as_secs_f64())
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

    #[test]
    fn the_summary_tells_passed_failed_and_not_run_apart() {
        assert_eq!(summary_line("clippy", Some(Duration::from_millis(12_340)), false), "   passed    12.3 s  clippy");
        assert_eq!(summary_line("clippy", Some(Duration::from_millis(500)), true), "   FAILED     0.5 s  clippy");
        assert_eq!(summary_line("clippy", None, false), "   not run           clippy");
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
