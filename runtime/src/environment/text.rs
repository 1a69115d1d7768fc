//! Settings that refer to variables and secrets, which are read when the process starts.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::sync::Arc;

/// A setting that may refer to variables: `${HOST:-localhost}:${PORT}`.
#[derive(Clone, Copy, Debug)]
pub struct Text(pub &'static [Part]);

/// A part of a setting.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// Text as it stands.
    Literal(&'static str),
    /// `${NAME}`: a variable, which has to be set.
    Variable(&'static str),
    /// `${NAME:-default}`: a variable, or what stands for it where it is not set or empty.
    VariableOr(&'static str, &'static str),
    /// `${secret:name}`: a secret of the environment's own secret store.
    Secret(&'static str),
}

/// As the topology writes it.
impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|part| match part {
            Part::Literal(text) => f.write_str(text),
            Part::Variable(name) => write!(f, "${{{name}}}"),
            Part::VariableOr(name, default) => write!(f, "${{{name}:-{default}}}"),
            Part::Secret(name) => write!(f, "${{secret:{name}}}"),
        })
    }
}

/// The variables of the process, or others in their place.
#[derive(Clone, Debug, Default)]
pub struct Variables(Option<Arc<BTreeMap<String, String>>>);

impl Variables {
    /// The variables of the process.
    #[must_use]
    pub fn of_process() -> Self {
        Self(None)
    }

    /// These, and none of the process.
    pub fn of<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value.into()));
        Self(Some(Arc::new(variables.collect())))
    }

    /// None at all.
    #[must_use]
    pub fn none() -> Self {
        Self(Some(Arc::default()))
    }

    /// One more, and none of the process.
    #[must_use]
    pub(crate) fn with(self, name: String, value: String) -> Self {
        let mut variables = self.0.map(Arc::unwrap_or_clone).unwrap_or_default();
        variables.insert(name, value);
        Self(Some(Arc::new(variables)))
    }

    /// A variable's value; `None` where it is not set.
    ///
    /// # Errors
    /// The value is not Unicode.
    pub fn get(&self, name: &str) -> Result<Option<String>, VarError> {
        match &self.0 {
            Some(variables) => Ok(variables.get(name).cloned()),
            None => match std::env::var(name) {
                Ok(value) => Ok(Some(value)),
                Err(VarError::NotPresent) => Ok(None),
                Err(error) => Err(malformed(error)),
            },
        }
    }
}

/// The error without the value, which may be a secret.
fn malformed(error: VarError) -> VarError {
    match error {
        VarError::NotUnicode(_) => VarError::NotUnicode(std::ffi::OsString::from("…")),
        VarError::NotPresent => error,
    }
}
