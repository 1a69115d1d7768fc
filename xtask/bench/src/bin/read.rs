//! Reads a topology and does no more with it: what `cargo pontoon check` is compared with.

use std::path::Path;
use std::process::ExitCode;

use pontoon_compiler::build::Folder;
use pontoon_compiler::diagnostic::Findings;
use pontoon_compiler::read::{Limits, read};
use pontoon_compiler::source::Sources;

fn main() -> ExitCode {
    let path = std::env::args_os().nth(1).unwrap_or_default();
    let Some((folder, name)) = Folder::of(Path::new(&path)) else { return ExitCode::from(2) };
    let (mut sources, mut findings) = (Sources::default(), Findings::default());
    match read(&name, &folder, Limits::default(), &mut sources, &mut findings) {
        Some(_) => ExitCode::SUCCESS,
        None => ExitCode::FAILURE,
    }
}
