//! Where secrets come from: variables of the process, or a folder of files.

use std::sync::Arc;

use crate::environment::{Opening, SecretStore, Text};
use crate::secret::{self, SecretAdapter};
use crate::soon::Soon;

/// Variables of the process: `smtp_password` is in `SMTP_PASSWORD`.
#[derive(Clone, Copy, Debug)]
pub struct Env;

/// A folder with a file for each secret.
#[derive(Clone, Copy, Debug)]
pub struct File {
    folder: Text,
}

impl File {
    /// Secrets in a folder.
    #[must_use]
    pub const fn new(folder: Text) -> Self {
        Self { folder }
    }
}

impl SecretStore for Env {
    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn SecretAdapter>> {
        Soon::now(Arc::new(secret::env::Env::new(opening.variables.clone())))
    }
}

impl SecretStore for File {
    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn SecretAdapter>> {
        Soon::later(async move {
            let adapter: Arc<dyn SecretAdapter> = Arc::new(secret::file::File::new(opening.text(&self.folder).await));
            adapter
        })
    }
}
