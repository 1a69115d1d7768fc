//! Secrets that a test gives.

use std::collections::HashMap;
use std::sync::Arc;

use crate::maybe_ready::MaybeReady;
use crate::secret::{SecretAdapter, SecretError, SecretValue};

/// Has the secrets that were given, before those of another store.
pub(crate) struct Given {
    pub(crate) given: HashMap<&'static str, SecretValue>,
    pub(crate) store: Arc<dyn SecretAdapter>,
    /// Whether what is missing is to be given, too: nobody else has it.
    pub(crate) in_memory: bool,
}

impl SecretAdapter for Given {
    fn read<'a>(&'a self, name: &'a str) -> MaybeReady<'a, Result<SecretValue, SecretError>> {
        if let Some(value) = self.given.get(name) {
            return MaybeReady::ready(Ok(value.clone()));
        }
        if !self.in_memory {
            return self.store.read(name);
        }
        MaybeReady::boxed(async move {
            self.store.read(name).await.map_err(|error| match error {
                SecretError::Missing { name, .. } => {
                    let place = format!("`in_memory(…).secret(secret::{}, …)`", marker(&name));
                    SecretError::Missing { name, place }
                }
                error => error,
            })
        })
    }
}

/// The name of the type that stands for a secret: `SmtpPassword` for `smtp_password`.
fn marker(name: &str) -> String {
    let word = |word: &str| {
        let mut characters = word.chars();
        characters.next().into_iter().flat_map(char::to_uppercase).chain(characters).collect::<String>()
    };
    name.split('_').map(word).collect()
}
