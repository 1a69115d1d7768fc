//! The number of the last durable commit, in a file of its own: whether the database still has all that was answered
//! for.

use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::embedded::error::StorageError;
use crate::one_line::OneLine;

/// The file of the last durable commit. It is written after the commit, and not synced: it outlives the process, and is
/// behind after a power cut, never ahead.
///
/// A database that ends in a damaged commit goes back to the one before by itself. Where that one had been answered
/// for, this tells.
pub(super) struct AcceptedCommit {
    path: PathBuf,
    file: File,
    failed: bool,
}

/// The length of the file: the number, and the same with all bits turned.
const LENGTH: usize = 16;

impl AcceptedCommit {
    const NAME: &'static str = "accepted";

    /// Opens the file of a folder, whose database has this commit as its last.
    ///
    /// # Errors
    /// The database has fewer commits than were answered for.
    pub(super) fn open(folder: &Path, last: i64) -> Result<Self, StorageError> {
        let path = folder.join(Self::NAME);
        let failed = |error: std::io::Error| StorageError::passing(format!("{}: {error}", path.display()));
        let opened = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path);
        let mut file = opened.map_err(failed)?;
        let mut bytes = [0; LENGTH];
        match file.read_exact(&mut bytes) {
            Ok(()) => {}
            // Made anew, or removed by who goes on with what is there.
            Err(error) if error.kind() == ErrorKind::UnexpectedEof && file.metadata().is_ok_and(|is| is.len() == 0) => {
                bytes = Self::bytes(0);
            }
            Err(error) => return Err(damaged(&path, &error.to_string())),
        }
        let number = i64::from_le_bytes(bytes.first_chunk().copied().unwrap_or_default());
        if bytes != Self::bytes(number) {
            return Err(damaged(&path, "it is no number of a commit"));
        }
        if number > last {
            let text = format!("commit {number} was answered for, and the database ends with commit {last}");
            return Err(damaged(&path, &text));
        }
        Ok(Self { path, file, failed: false })
    }

    /// Notes a commit that is on the disk.
    pub(super) fn note(&mut self, number: i64) {
        let bytes = Self::bytes(number);
        let noted = self.file.seek(SeekFrom::Start(0)).and_then(|_| self.file.write_all(&bytes));
        if let Err(error) = &noted
            && !self.failed
        {
            let path = self.path.display();
            tracing::warn!(target: "pontoon", %path, error = %OneLine(error), "the last commit is not noted: damage may go unseen");
        }
        self.failed = noted.is_err();
    }

    fn bytes(number: i64) -> [u8; LENGTH] {
        let mut bytes = [0; LENGTH];
        bytes[..LENGTH / 2].copy_from_slice(&number.to_le_bytes());
        bytes[LENGTH / 2..].copy_from_slice(&(!number).to_le_bytes());
        bytes
    }
}

fn damaged(path: &Path, what: &str) -> StorageError {
    StorageError::lasting(format!(
        "{}: {what}. What was accepted is lost from this folder: bring back a copy of it; or, to go on without what is \
         missing, remove this file",
        path.display()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_that_is_behind_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        AcceptedCommit::open(folder.path(), 0).unwrap().note(7);
        AcceptedCommit::open(folder.path(), 7).unwrap();
        let refused = AcceptedCommit::open(folder.path(), 6).err().unwrap();
        assert!(refused.to_string().contains("commit 7") && refused.to_string().contains("remove this file"));
        std::fs::write(folder.path().join(AcceptedCommit::NAME), "0123456789abcdef").unwrap();
        AcceptedCommit::open(folder.path(), 7).err().unwrap();
        std::fs::remove_file(folder.path().join(AcceptedCommit::NAME)).unwrap();
        AcceptedCommit::open(folder.path(), 6).unwrap();
    }
}
