//! From resources to a unit that runs: environment, variables and secrets first, all problems at once, then the adapters.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::core::{Adapters, Core};
use crate::environment::{Environment, Instance, Opening, Variables};
use crate::error::Result;
use crate::intake::Intake;
use crate::outbox::Outbox;
use crate::running::Running;
use crate::schedule::Wall;
use crate::signals::Signals;
use crate::started::Started;
use crate::unit::{Ports, Unit};

/// Starts a unit in the environment that `PONTOON_ENV` names, runs it until SIGTERM or Ctrl-C, and stops it. A second
/// signal ends the process at once; those within a second after the first count as that one. A unit whose handlers block every
/// thread is ended when its grace is over, too.
///
/// # Errors
/// As [`start`] and [`Started::shutdown`].
pub async fn run<U: Unit>(resources: U::Resources) -> Result<()> {
    // Before anything else: a signal during the start counts.
    let signals = Signals::new(U::GRACE)?;
    let over = signals.stopped();
    let mut first = std::pin::pin!(signals.first());
    let started = tokio::select! {
        started = start::<U>(resources) => started?,
        () = &mut first => {
            tracing::info!(target: "pontoon", unit = U::NAME, "stopped before it was ready");
            return Ok(());
        }
    };
    first.await;
    tracing::info!(target: "pontoon", unit = U::NAME, "stopping");
    let stopped = started.shutdown().await;
    over.set();
    if stopped.is_err() {
        // What still runs may block its thread, and the runtime would wait for it: the process ends all the same.
        std::thread::spawn(|| {
            std::thread::sleep(Duration::from_millis(500));
            std::process::exit(1)
        });
    }
    Ok(stopped?)
}

/// Starts a unit in the environment that `PONTOON_ENV` names. Waits for brokers and stores that are not there yet.
///
/// # Errors
/// A [`StartError`] with all that is missing or malformed; a broker that refuses us, or that has something else than what
/// the unit needs.
pub async fn start<U: Unit>(resources: U::Resources) -> Result<Started<U>> {
    Launch::new(resources).start().await
}

/// Starts a unit with everything in memory, whatever `PONTOON_ENV` says: for tests.
///
/// # Errors
/// As [`start`].
pub async fn in_memory<U: Unit>(resources: U::Resources) -> Result<Started<U>> {
    Launch::new(resources).in_memory().start().await
}

/// A start with everything that can be said about it.
pub struct Launch<U: Unit> {
    resources: U::Resources,
    environment: Option<String>,
    variables: Variables,
    adapters: Option<Adapters>,
    in_memory: bool,
    wall: Wall,
}

/// A unit could not start: everything that is missing or malformed.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct StartError {
    /// The unit.
    pub unit: &'static str,
    /// What is wrong, one thing each.
    pub problems: Vec<String>,
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} cannot start:", self.unit)?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n  - {problem}"))
    }
}

impl std::error::Error for StartError {}

impl<U: Unit> Launch<U> {
    /// A start as [`start`] makes it.
    pub fn new(resources: U::Resources) -> Self {
        Self {
            resources,
            environment: None,
            variables: Variables::of_process(),
            adapters: None,
            in_memory: false,
            wall: Wall::default(),
        }
    }

    /// In this environment, whatever `PONTOON_ENV` says.
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// With these variables, and none of the process.
    #[must_use]
    pub fn variables<K: Into<String>, V: Into<String>>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self {
        self.variables = Variables::of(variables);
        self
    }

    /// With everything in memory, and secrets in variables, whatever the environment.
    #[must_use]
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// With these adapters, whatever the environment.
    #[must_use]
    pub fn adapters(mut self, adapters: Adapters) -> Self {
        self.adapters = Some(adapters);
        self
    }

    /// With a time of day that begins here and goes with tokio's clock: for schedules under a paused clock.
    #[must_use]
    pub fn time_of_day(mut self, now: SystemTime) -> Self {
        self.wall = Wall::from(now);
        self
    }

    /// Starts: connect, subscribe, then ready. Waits for brokers and stores that are not there yet.
    ///
    /// # Errors
    /// As [`start`].
    pub async fn start(self) -> Result<Started<U>> {
        let mut problems = Vec::new();
        let adapters = self.open(&mut problems).await;
        let ports = Ports::new(adapters.clone());
        let unit = U::assemble(&self.resources, &ports);
        let asked = ports.into_asked();
        let mut intake = Intake::new(adapters.clone());
        U::listen(&mut intake);
        problems.append(&mut intake.problems);
        for secret in &asked.secrets {
            if let Err(error) = adapters.secrets.read(secret).await {
                problems.push(error.to_string());
            }
        }
        if !problems.is_empty() {
            return Err(StartError { unit: U::NAME, problems })?;
        }
        adapters.state.connect().await?;
        adapters.events.connect().await?;
        adapters.queues.connect().await?;
        let core = Core::new(adapters, Outbox::new(asked.ports), self.wall);
        Ok(Started::begin(Arc::new(Running { unit, core }), intake))
    }

    /// The adapters of the environment. Where a problem is found, others take their place, so that the rest of the problems
    /// can be found as well; none of them connects.
    async fn open(&self, problems: &mut Vec<String>) -> Adapters {
        if let Some(adapters) = &self.adapters {
            return adapters.clone();
        }
        let in_memory = Environment::new("in_memory");
        let environment = if self.in_memory {
            in_memory
        } else {
            self.pick().unwrap_or_else(|problem| {
                problems.push(problem);
                in_memory
            })
        };
        let instance = Instance::new(U::TOPOLOGY, U::NAME);
        let mut opening = Opening::new(instance, environment.verify, self.variables.clone());
        let adapters = Adapters::open(&environment, &mut opening).await;
        problems.append(&mut opening.problems);
        adapters
    }

    fn pick(&self) -> Result<Environment, String> {
        let choices: Vec<&str> = U::ENVIRONMENTS.iter().map(|environment| environment.name).collect();
        let choices = choices.join(", ");
        let named = match &self.environment {
            Some(name) => Some(name.clone()),
            None => self.variables.get("PONTOON_ENV").map_err(|error| format!("PONTOON_ENV is malformed: {error}"))?,
        };
        match (named.filter(|name| !name.is_empty()), U::ENVIRONMENTS) {
            (None, [only]) => Ok(*only),
            (None, _) => Err(format!("PONTOON_ENV is not set; set it to one of: {choices}")),
            (Some(name), all) => {
                let found = all.iter().find(|environment| environment.name == name).copied();
                found.ok_or_else(|| format!("`{name}` is no environment of {}; it has: {choices}", U::NAME))
            }
        }
    }
}
