//! Where secrets come from: variables of the process, or a folder of files.

use std::sync::Arc;

use crate::environment::{SecretStore, Setup, Template};
use crate::maybe_ready::MaybeReady;
use crate::secret::{self, SecretAdapter};

/// Variables of the process: `smtp_password` is in `SMTP_PASSWORD`.
#[derive(Clone, Copy, Debug)]
pub struct Env;

/// A folder with a file for each secret.
#[derive(Clone, Copy, Debug)]
pub struct File {
    folder: Template,
}

impl File {
    /// Secrets in a folder.
    #[must_use]
    pub const fn new(folder: Template) -> Self {
        Self { folder }
    }
}

impl SecretStore for Env {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn SecretAdapter>>> {
        MaybeReady::ready(Some(Arc::new(secret::env::EnvSecrets::new(setup.variables.clone()))))
    }
}

impl SecretStore for File {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn SecretAdapter>>> {
        MaybeReady::boxed(async move {
            let folder = setup.text(&self.folder).await;
            Some(Arc::new(secret::file::FileSecrets::new(folder)) as Arc<dyn SecretAdapter>)
        })
    }
}
