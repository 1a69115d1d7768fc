//! Reads what the build script handed over: the operations of the topology and where the generated code has them.

use std::collections::HashSet;
use std::ffi::OsString;
use std::sync::{Mutex, PoisonError};
use std::{env, fs};

use pontoon_schema::handover::{Handover, VARIABLE};
use proc_macro2::Span;
use syn::{Error, Result};

/// Whether this is the first handler of its crate that is told there is no handover: it is the same for all of them.
pub(crate) fn is_first_to_miss() -> bool {
    static TOLD: Mutex<Option<HashSet<Option<OsString>>>> = Mutex::new(None);
    let package = env::var_os("CARGO_MANIFEST_DIR");
    TOLD.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert_default().insert(package)
}

/// Whether the build script has handed over anything.
pub(crate) fn is_there() -> bool {
    env::var_os(VARIABLE).is_some()
}

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
