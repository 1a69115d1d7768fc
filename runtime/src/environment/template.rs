//! Settings that refer to variables and secrets, which are read when the process starts.

use std::collections::BTreeMap;
use std::env::VarError;
use std::fmt;
use std::sync::Arc;

/// A setting that may refer to variables: `${HOST:-localhost}:${PORT}`.
#[derive(Clone, Copy, Debug)]
pub struct Template(Parts);

#[derive(Clone, Copy, Debug)]
enum Parts {
    One(TemplatePart),
    Joined(&'static [TemplatePart]),
}

impl Template {
    /// Text as it stands.
    #[must_use]
    pub const fn literal(text: &'static str) -> Self {
        Self(Parts::One(TemplatePart::Literal(text)))
    }

    /// `${NAME}`: a variable, which has to be set.
    #[must_use]
    pub const fn variable(name: &'static str) -> Self {
        Self(Parts::One(TemplatePart::Variable(name)))
    }

    /// `${NAME:-default}`: a variable, or what stands for it where it is not set or empty.
    #[must_use]
    pub const fn variable_or(name: &'static str, default: &'static str) -> Self {
        Self(Parts::One(TemplatePart::VariableOr(name, default)))
    }

    /// `${secret:name}`: a secret of the environment's own secret store.
    #[must_use]
    pub const fn secret(name: &'static str) -> Self {
        Self(Parts::One(TemplatePart::Secret(name)))
    }

    /// Several parts, one after the other.
    #[must_use]
    pub const fn joined(parts: &'static [TemplatePart]) -> Self {
        Self(Parts::Joined(parts))
    }

    /// Its parts, in order.
    #[must_use]
    pub const fn parts(&self) -> &[TemplatePart] {
        match &self.0 {
            Parts::One(part) => std::slice::from_ref(part),
            Parts::Joined(parts) => parts,
        }
    }
}

/// A part of a setting.
#[derive(Clone, Copy, Debug)]
pub enum TemplatePart {
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
impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts().iter().try_for_each(|part| match part {
            TemplatePart::Literal(text) => f.write_str(text),
            TemplatePart::Variable(name) => write!(f, "${{{name}}}"),
            TemplatePart::VariableOr(name, default) => write!(f, "${{{name}:-{default}}}"),
            TemplatePart::Secret(name) => write!(f, "${{secret:{name}}}"),
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
