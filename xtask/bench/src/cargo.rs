//! Cargo, started from a benchmark: the programs and crates that a row needs built.

use crate::rounds::Error;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The root of the repository.
pub(crate) fn root() -> Result<&'static Path, Error> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2);
    root.ok_or_else(|| "xtask/bench stands two folders below the root".into())
}

/// The target folder that this program was built in.
pub(crate) fn target() -> Result<PathBuf, Error> {
    let program = env::current_exe()?;
    let target = program.ancestors().nth(2);
    Ok(target.ok_or("this program was not built by cargo")?.to_owned())
}

/// Cargo with some arguments, as one would type them, in quiet.
pub(crate) fn command(arguments: &str) -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.split_whitespace()).arg("--quiet");
    command
}

/// The path of a program of this repository, built in release if it was not.
///
/// # Errors
/// What cargo says about it.
pub(crate) fn built(package: &str, program: &str) -> Result<PathBuf, Error> {
    let mut build = command("build --release --locked");
    build.args(["--package", package, "--bin", program]).arg("--target-dir").arg(target()?);
    succeed(build.current_dir(root()?))?;
    Ok(target()?.join("release").join(program))
}

/// Runs a command to its end.
///
/// # Errors
/// What it wrote to stderr, unless it succeeded.
pub(crate) fn succeed(command: &mut Command) -> Result<(), Error> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(format!("{command:?} ended with {}\n{text}", output.status).into())
}
