//! The folder of the package that is being built, as the code that the topology names.

use std::cell::RefCell;
use std::fs;
use std::path::{Path, PathBuf};

use crate::code;

/// The folder of a package, which remembers what it has given.
#[derive(Debug)]
pub(super) struct PackageFolder {
    root: PathBuf,
    given: RefCell<Vec<PathBuf>>,
}

impl PackageFolder {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root, given: RefCell::default() }
    }

    /// Every file that was read: a change of one may mend what was found, or break what was not.
    pub(super) fn given(&self) -> Vec<PathBuf> {
        self.given.borrow().clone()
    }

    fn is_rust(&self, path: &Path) -> bool {
        path.extension().is_some_and(|extension| extension == "rs") && self.root.join(path).is_file()
    }
}

impl code::Package for PackageFolder {
    fn read(&self, path: &Path) -> Option<String> {
        let file = self.root.join(path);
        let text = fs::read_to_string(&file).ok()?;
        let mut given = self.given.borrow_mut();
        if !given.contains(&file) {
            given.push(file);
        }
        Some(text)
    }

    fn list(&self, folder: &Path) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.root.join(folder)).into_iter().flatten().flatten();
        let names = entries.map(|entry| folder.join(entry.file_name()));
        let mut files: Vec<PathBuf> =
            names.flat_map(|path| [path.clone(), path.join("main.rs")]).filter(|path| self.is_rust(path)).collect();
        files.sort();
        files
    }
}
