//! A temporary folder that goes away with its value.

use crate::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::path::{Path, PathBuf};

/// A folder of one's own below the system's temporary one, readable for nobody else, removed on drop.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder; `name` appears in its path, for whoever looks at what is there.
    pub fn new(name: &str) -> Result<Self, Error> {
        use std::os::unix::fs::DirBuilderExt;
        let path = std::env::temp_dir().join(format!("pontoon-{name}-{:016x}", random()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&path)
            .map_err(Error::system(format!("make the folder {}", path.display())))?;
        Ok(Self(path))
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file in it, anew if it is there.
    pub(crate) fn write(&self, name: &str, content: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        std::fs::write(&path, content).map_err(Error::system(format!("write {}", path.display())))?;
        Ok(path)
    }

    /// Makes a folder in it, unless it is there.
    pub(crate) fn subfolder(&self, name: &str) -> Result<PathBuf, Error> {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).map_err(Error::system(format!("make the folder {}", path.display())))?;
        Ok(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Nobody is there to hear of a failure, and what stays behind is a folder below the temporary one.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A number that nobody else has, without a crate for it: std seeds its hash maps from the system's randomness.
pub(crate) fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_away_with_its_value_and_takes_its_content_along() {
        let folder = Folder::new("test").unwrap();
        let file = folder.write("file", "text").unwrap();
        assert!(file.is_file());
        let path = folder.path().to_path_buf();
        drop(folder);
        assert!(!path.exists());
    }
}
