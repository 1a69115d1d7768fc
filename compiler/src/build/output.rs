//! Writes the generated files. One that is as it was is not touched, so that nothing is compiled anew for its sake; one
//! that no longer belongs there is removed.

use std::collections::HashSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::emit::File;

/// Makes the files below `folder` those of `files`.
pub(super) fn write(folder: &Path, files: &[File]) -> Result<(), Unwritable> {
    fs::create_dir_all(folder).map_err(|error| Unwritable { path: folder.to_owned(), error })?;
    for file in files {
        let path = folder.join(&file.name);
        if fs::read(&path).is_ok_and(|written| written == file.text.as_bytes()) {
            continue;
        }
        fs::write(&path, &file.text).map_err(|error| Unwritable { path, error })?;
    }
    remove_others(folder, files).map_err(|error| Unwritable { path: folder.to_owned(), error })
}

fn remove_others(folder: &Path, files: &[File]) -> io::Result<()> {
    let wanted: HashSet<&str> = files.iter().map(|file| file.name.as_str()).collect();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let stale = entry.file_name().to_str().is_none_or(|name| !wanted.contains(name));
        if stale && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// A file or folder that could not be written.
#[derive(Debug)]
pub(super) struct Unwritable {
    path: PathBuf,
    error: io::Error,
}

impl fmt::Display for Unwritable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, error) = (self.path.display(), &self.error);
        write!(f, "pontoon: generated code could not be written to {path}: {error}")
    }
}
