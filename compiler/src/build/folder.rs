//! The folder of the topology, as the files that `read` may see. Nothing outside of it is read, whatever links say.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::read::Files;

/// A folder of the disk, which remembers what was asked of it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    asked: RefCell<Vec<PathBuf>>,
}

impl Folder {
    /// The folder of the file at `path`, and the file's name in it; nothing if the path does not end in a name.
    pub fn of(path: &Path) -> Option<(Self, String)> {
        let name = path.file_name()?.to_str()?.to_owned();
        let root = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some((Self { root: root.to_owned(), asked: RefCell::default() }, name))
    }

    /// Every file that was asked for, also those that could not be read: mending one has to start a new build.
    pub fn asked(&self) -> Vec<PathBuf> {
        self.asked.borrow().clone()
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let file = self.root.join(path);
        self.asked.borrow_mut().push(file.clone());
        // A link may lead to another file below the folder, and to no other.
        if !file.canonicalize()?.starts_with(self.root.canonicalize()?) {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        fs::read(file)
    }
}
