//! Secrets in environment variables: `smtp_password` is in `SMTP_PASSWORD`.

use crate::environment::Variables;
use crate::maybe_ready::MaybeReady;
use crate::secret::{SecretAdapter, SecretError, SecretValue};

/// Reads secrets from the variables of the process.
pub struct EnvSecrets {
    variables: Variables,
}

impl EnvSecrets {
    /// Reads from the variables of the process, or from those given in their place.
    #[must_use]
    pub fn new(variables: Variables) -> Self {
        Self { variables }
    }
}

impl SecretAdapter for EnvSecrets {
    fn read<'a>(&'a self, name: &'a str) -> MaybeReady<'a, Result<SecretValue, SecretError>> {
        let variable = name.to_uppercase();
        let place = || format!("the variable {variable}");
        MaybeReady::ready(match self.variables.get(&variable) {
            Ok(Some(value)) => Ok(SecretValue::new(value)),
            Ok(None) => Err(SecretError::Missing { name: name.to_owned(), place: place() }),
            Err(cause) => {
                Err(SecretError::Unreadable { name: name.to_owned(), place: place(), cause: Box::new(cause) })
            }
        })
    }
}
