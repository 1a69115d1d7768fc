//! The moment at which an environment's adapters are made: variables and secrets are put in, and all problems are
//! collected.

use std::sync::Arc;

use crate::environment::{Template, TemplatePart, Variables};
use crate::message::id::Id;
use crate::secret::SecretAdapter;

/// One run of a unit: who publishes, and who is connected to a broker.
#[derive(Clone, Copy, Debug)]
pub struct Instance {
    /// The topology.
    pub topology: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// This run of it.
    pub id: Id,
}

impl Instance {
    /// A new run of a unit.
    #[must_use]
    pub fn new(topology: &'static str, unit: &'static str) -> Self {
        Self { topology, unit, id: Id::random() }
    }

    /// A subject of the topology without the topology's name: `queue.invoices` of `shop.queue.invoices`.
    #[cfg(any(feature = "nats", feature = "redis"))]
    pub(crate) fn without_topology<'s>(&self, subject: &'s str) -> &'s str {
        subject.strip_prefix(self.topology).and_then(|name| name.strip_prefix('.')).unwrap_or(subject)
    }

    /// The `source` of its messages: `/shop/accounts/0f8fad5b-d9cb-8469-a165-70867728950e`.
    #[must_use]
    pub fn source(&self) -> String {
        format!("/{}/{}/{}", self.topology, self.unit, self.id)
    }
}

/// What adapters are made from beside their settings. Collects what is missing or malformed, so that all of it is
/// reported at once.
pub struct Setup {
    /// Whose adapters they are.
    pub instance: Instance,
    /// Whether what the broker has to have is only checked, not made.
    pub verify: bool,
    pub(crate) variables: Variables,
    /// Not there yet while the secret store itself is opened.
    pub(crate) secrets: Option<Arc<dyn SecretAdapter>>,
    pub(crate) problems: Vec<String>,
}

impl Setup {
    /// With these variables, and no secrets yet.
    #[must_use]
    pub fn new(instance: Instance, verify: bool, variables: Variables) -> Self {
        Self { instance, verify, variables, secrets: None, problems: Vec::new() }
    }

    /// What is missing or malformed so far.
    #[must_use]
    pub fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Says what is missing or malformed. The unit does not start, and nothing connects.
    pub fn problem(&mut self, problem: impl Into<String>) {
        self.problems.push(problem.into());
    }

    /// A text with its variables and secrets put in. What is missing is a problem, and leaves a gap.
    pub async fn text(&mut self, template: &Template) -> String {
        let mut whole = String::new();
        for part in template.parts() {
            match part {
                TemplatePart::Literal(literal) => whole.push_str(literal),
                TemplatePart::Variable(name) => whole.push_str(&self.variable(name, None)),
                TemplatePart::VariableOr(name, default) => whole.push_str(&self.variable(name, Some(default))),
                TemplatePart::Secret(name) => whole.push_str(&self.secret(name).await),
            }
        }
        whole
    }

    /// The same of a setting that may be left out.
    pub async fn optional(&mut self, template: Option<&Template>) -> Option<String> {
        match template {
            Some(template) => Some(self.text(template).await),
            None => None,
        }
    }

    fn variable(&mut self, name: &str, default: Option<&str>) -> String {
        match self.variables.get(name) {
            Ok(value) => match (value.filter(|value| !value.is_empty() || default.is_none()), default) {
                (Some(value), _) => return value,
                (None, Some(default)) => return default.to_owned(),
                (None, None) => self.problem(format!("the variable {name} is not set")),
            },
            Err(error) => self.problem(format!("the variable {name} is malformed: {error}")),
        }
        String::new()
    }

    async fn secret(&mut self, name: &str) -> String {
        let Some(secrets) = self.secrets.clone() else {
            self.problem(format!("the secret `{name}` cannot be read before the secret store is open"));
            return String::new();
        };
        match secrets.read(name).await {
            Ok(value) => value.expose().to_owned(),
            Err(error) => {
                self.problem(error.to_string());
                String::new()
            }
        }
    }
}
