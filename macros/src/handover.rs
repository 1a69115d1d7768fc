//! Reads what the build script handed over: the operations of the topology and where the generated code has them.

use std::{env, fs};

use pontoon_schema::handover::{Handover, VARIABLE};
use proc_macro2::Span;
use syn::{Error, Result};

/// The handover of the crate that is being compiled; what is wrong with it is said at `span`.
pub(crate) fn read(span: Span) -> Result<Handover> {
    let Some(path) = env::var_os(VARIABLE) else {
        return Err(Error::new(
            span,
            "this crate has no topology: a crate with handlers needs a `build.rs` with the line\n\
             `fn main() { pontoon_compiler::build(\"topology.yaml\").run(); }`\n\
             and `pontoon-compiler` under [build-dependencies]",
        ));
    };
    let text = fs::read_to_string(&path).map_err(|error| {
        let path = path.to_string_lossy();
        Error::new(span, format!("could not read `{path}`, which the build script should have written: {error}"))
    })?;
    Handover::parse(&text).map_err(|error| {
        let path = path.to_string_lossy();
        Error::new(span, format!("could not understand `{path}`: {error}"))
    })
}
