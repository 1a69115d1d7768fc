//! The folder of the topology, as the files that `read` may see. What a topology includes is below that folder, and no
//! link leads elsewhere, unless the builder says that links are followed.

use std::cell::RefCell;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::read::{Files, ThroughLink};

/// A folder of the disk, which remembers what was asked of it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// The topology itself: whoever names it means it, wherever it is kept.
    topology: String,
    follow_links: bool,
    asked: RefCell<Vec<PathBuf>>,
}

impl Folder {
    /// The folder of the file at `path`, and the file's name in it; nothing if the path does not end in a name.
    pub fn of(path: &Path) -> Option<(Self, String)> {
        let name = path.file_name()?.to_str()?.to_owned();
        let root = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder =
            Self { root: root.to_owned(), topology: name.clone(), follow_links: false, asked: RefCell::default() };
        Some((folder, name))
    }

    /// Whether symbolic links among the included files are followed, wherever they lead: some build tools link
    /// everything.
    #[must_use]
    pub fn follow_links(self, follow_links: bool) -> Self {
        Self { follow_links, ..self }
    }

    /// Every file that was asked for, also those that could not be read: mending one has to start a new build.
    pub fn asked(&self) -> Vec<PathBuf> {
        self.asked.borrow().clone()
    }

    /// The first part of a path that is a symbolic link.
    fn link(&self, path: &str) -> Option<String> {
        let ends = path.match_indices('/').map(|(slash, _)| slash).chain([path.len()]);
        let mut parts = ends.map(|end| &path[..end]);
        parts.find(|part| self.root.join(part).is_symlink()).map(str::to_owned)
    }
}

impl Files for Folder {
    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let file = self.root.join(path);
        self.asked.borrow_mut().push(file.clone());
        if !self.follow_links
            && path != self.topology
            && let Some(link) = self.link(path)
        {
            return Err(io::Error::other(ThroughLink(link)));
        }
        fs::read(file)
    }
}
