//! Secrets in a folder, a file each, as Docker and Kubernetes mount them. Read anew each time: a rotated one is seen.

use std::path::PathBuf;

use crate::maybe_ready::MaybeReady;
use crate::secret::{SecretAdapter, SecretError, SecretValue};

/// Reads secrets from the files of a folder. One line break at the end of a file does not belong to the secret.
pub struct FileSecrets {
    folder: PathBuf,
}

impl FileSecrets {
    /// Reads from a folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }
}

impl SecretAdapter for FileSecrets {
    fn read<'a>(&'a self, name: &'a str) -> MaybeReady<'a, Result<SecretValue, SecretError>> {
        let path = self.folder.join(name);
        let place = path.display().to_string();
        // Small and local, and mostly in memory: not worth a thread.
        MaybeReady::ready(match std::fs::read_to_string(&path) {
            Ok(text) => {
                let value = text.strip_suffix('\n').unwrap_or(&text);
                Ok(SecretValue::new(value.strip_suffix('\r').unwrap_or(value)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                Err(SecretError::Missing { name: name.to_owned(), place })
            }
            Err(error) => Err(SecretError::Unreadable { name: name.to_owned(), place, cause: Box::new(error) }),
        })
    }
}
