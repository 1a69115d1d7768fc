//! Secrets: what an adapter has to do, and a value that does not show itself. One file per adapter below `secret/`.

use std::fmt;

use crate::maybe_ready::MaybeReady;

pub(crate) mod env;
pub(crate) mod file;
pub(crate) mod given;

/// Has secrets.
pub trait SecretAdapter: Send + Sync {
    /// The value of a secret, as it is now.
    fn read<'a>(&'a self, name: &'a str) -> MaybeReady<'a, Result<SecretValue, SecretError>>;
}

/// The value of a secret. Neither `Debug` nor anything else shows it: only [`SecretValue::expose`].
///
/// ```
/// use pontoon::edge::MayReveal;
/// use pontoon::{Context, SecretError, SecretValue};
/// use shop::topology::secret;
///
/// async fn password(ctx: &(impl Context + MayReveal<secret::SmtpPassword>)) -> Result<SecretValue, SecretError> {
///     ctx.secret(secret::SmtpPassword).await
/// }
///
/// assert_eq!(format!("{:?}", SecretValue::new("hunter2")).contains("hunter2"), false);
/// ```
#[derive(Clone, Eq, PartialEq)]
pub struct SecretValue(String);

impl SecretValue {
    /// A value that was read.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value. Do not let it get into a log.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<&str> for SecretValue {
    fn from(value: &str) -> Self {
        Self::new(value)
    }
}

impl From<String> for SecretValue {
    fn from(value: String) -> Self {
        Self(value)
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue(…)")
    }
}

/// A secret could not be read.
#[derive(Debug)]
#[non_exhaustive]
pub enum SecretError {
    /// It is not there.
    Missing {
        /// The secret.
        name: String,
        /// Where it was looked for.
        place: String,
    },
    /// It is there, and cannot be read.
    Unreadable {
        /// The secret.
        name: String,
        /// Where it was looked for.
        place: String,
        /// Why not.
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

impl fmt::Display for SecretError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { name, place } => write!(f, "the secret `{name}` is missing: expected in {place}"),
            Self::Unreadable { name, place, cause } => {
                write!(f, "the secret `{name}` cannot be read from {place}: {cause}")
            }
        }
    }
}

impl std::error::Error for SecretError {}
