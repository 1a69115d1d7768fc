//! Environments: which adapters are behind a unit's ports, and the variables that say where they are.

use std::collections::BTreeMap;
use std::env::VarError;
use std::sync::Arc;

/// A named choice of adapters. Generated for each environment that a unit can run in.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    pub(crate) name: &'static str,
    pub(crate) ephemeral: bool,
    pub(crate) event_bridge: EventBridge,
    pub(crate) queue_bridge: QueueBridge,
    pub(crate) state_store: StateStore,
    pub(crate) secret_store: SecretStore,
}

impl Environment {
    /// An environment with everything in memory, and secrets in variables.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ephemeral: false,
            event_bridge: EventBridge::InMemory,
            queue_bridge: QueueBridge::InMemory,
            state_store: StateStore::InMemory,
            secret_store: SecretStore::Env,
        }
    }

    /// Losing data at a restart is acceptable here.
    #[must_use]
    pub const fn ephemeral(mut self) -> Self {
        self.ephemeral = true;
        self
    }

    /// What carries events.
    #[must_use]
    pub const fn event_bridge(mut self, bridge: EventBridge) -> Self {
        self.event_bridge = bridge;
        self
    }

    /// What carries jobs.
    #[must_use]
    pub const fn queue_bridge(mut self, bridge: QueueBridge) -> Self {
        self.queue_bridge = bridge;
        self
    }

    /// What keeps state.
    #[must_use]
    pub const fn state_store(mut self, store: StateStore) -> Self {
        self.state_store = store;
        self
    }

    /// What has the secrets.
    #[must_use]
    pub const fn secret_store(mut self, store: SecretStore) -> Self {
        self.secret_store = store;
        self
    }
}

/// What carries events.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum EventBridge {
    /// Memory of the process.
    InMemory,
}

/// What carries jobs.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum QueueBridge {
    /// Memory of the process.
    InMemory,
}

/// What keeps state.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum StateStore {
    /// Memory of the process.
    InMemory,
}

/// What has the secrets.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum SecretStore {
    /// Variables of the process: `smtp_password` is in `SMTP_PASSWORD`.
    Env,
    /// A folder with a file for each.
    File {
        /// The folder.
        folder: Text,
    },
}

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
}

impl Text {
    /// The text with its variables put in.
    ///
    /// # Errors
    /// What is missing or malformed: all of it.
    pub(crate) fn resolve(&self, variables: &Variables) -> Result<String, Vec<String>> {
        let mut text = String::new();
        let mut problems = Vec::new();
        for part in self.0 {
            let (name, otherwise) = match part {
                Part::Literal(literal) => {
                    text.push_str(literal);
                    continue;
                }
                Part::Variable(name) => (name, None),
                Part::VariableOr(name, default) => (name, Some(*default)),
            };
            match variables.get(name) {
                Ok(value) => match value.filter(|value| !value.is_empty() || otherwise.is_none()) {
                    Some(value) => text.push_str(&value),
                    None => match otherwise {
                        Some(default) => text.push_str(default),
                        None => problems.push(format!("the variable {name} is not set")),
                    },
                },
                Err(error) => problems.push(format!("the variable {name} is malformed: {error}")),
            }
        }
        if problems.is_empty() { Ok(text) } else { Err(problems) }
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
