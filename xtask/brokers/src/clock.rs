//! Another time of day for one process, as two hosts whose clocks differ have it.

use crate::Error;
use std::path::PathBuf;

/// The variables by which a program that is started with them sees another time of day, and the monotonic clock as it
/// is. The offset is of libfaketime: `+10s`, `-1h`, `+1d`.
///
/// # Errors
/// The library is not installed.
pub fn clock_off_by(offset: &str) -> Result<Vec<(String, String)>, Error> {
    let library = library().ok_or(Error::Missing { program: "libfaketime.so.1", package: "faketime" })?;
    let variables = [
        ("LD_PRELOAD", library.to_string_lossy().into_owned()),
        ("FAKETIME", offset.to_owned()),
        ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
    ];
    Ok(variables.map(|(name, value)| (name.to_owned(), value)).into())
}

/// Debian keeps it in a folder for each architecture.
fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.filter_map(Result::ok);
    folders.map(|folder| folder.path().join("faketime/libfaketime.so.1")).find(|file| file.is_file())
}
