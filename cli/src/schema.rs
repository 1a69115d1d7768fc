//! `cargo pontoon schema`: the JSON Schema of the language.

use crate::output::{self, Failure};
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode, Failure> {
    output::print_json(&pontoon_compiler::json_schema())?;
    Ok(ExitCode::SUCCESS)
}
