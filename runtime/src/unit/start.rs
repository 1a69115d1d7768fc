//! From resources to a unit that runs: environment, variables and secrets first, all problems at once, then the
//! adapters.

use std::collections::HashMap;
use std::fmt;
use std::future::{IntoFuture, pending};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::contract::resource::Secret;
use crate::environment::{Environment, Instance, Setup, Variables};
use crate::fault::panics::Guarded;
use crate::handler::error::{Error, Result};
use crate::invoke::outbox::state::Outbox;
use crate::invoke::round_trip::RoundTrips;
use crate::listen::registration::Registration;
use crate::secret::SecretValue;
use crate::secret::given::Given;
use crate::unit::Unit;
use crate::unit::adapters::Adapters;
use crate::unit::ports::{Ports, Reveals};
use crate::unit::shared::RunningUnit;
use crate::unit::shared::Shared;
use crate::unit::signals::Signals;
use crate::unit::started::Started;
use crate::unit::wall_clock::WallClock;

/// Starts a unit in the environment that `PONTOON_ENV` names, runs it until SIGTERM or Ctrl-C, and stops it. A second
/// signal ends the process at once; those within a second after the first count as that one. A unit whose handlers
/// block every thread is ended when its grace is over, too.
///
/// # Errors
/// As [`start`] and [`Started::shutdown`].
pub async fn run<U: Unit>(resources: U::Resources) -> Result<()> {
    run_with::<U>(resources, async |_: &Started<U>| Ok(())).await
}

/// The same with something that runs beside it, from when the unit is ready until the signal: what serves its health,
/// say, or watches its dead letters. The unit goes on where it ends well, and is stopped where it ends in an error.
///
/// # Errors
/// As [`run`], and what `beside` ends in.
pub async fn run_with<U: Unit>(
    resources: U::Resources,
    beside: impl AsyncFnOnce(&Started<U>) -> Result<()>,
) -> Result<()> {
    Launch::new(resources).run_with(beside).await
}

async fn until_a_signal<U: Unit>(launch: Launch<U>, beside: impl AsyncFnOnce(&Started<U>) -> Result<()>) -> Result<()> {
    // Before anything else: a signal during the start counts.
    let signals = Signals::new(U::GRACE)?;
    let over = signals.stopped();
    let mut first = pin!(signals.first());
    let started = tokio::select! {
        started = launch.start() => started?,
        () = &mut first => {
            tracing::info!(target: "pontoon", unit = U::NAME, "stopped before it was ready");
            return Ok(());
        }
    };
    let failed = {
        let beside = pin!(beside(&started));
        let beside = pin!(async {
            match Guarded::new(beside).await {
                Ok(Ok(())) => pending().await,
                Ok(Err(error)) => error,
                // It ends the unit as an error does, and not in the middle of what its handlers do.
                Err(panic) => Error::Fault(panic.report("beside the unit")),
            }
        });
        tokio::select! {
            biased;
            () = &mut first => None,
            error = beside => Some(error),
        }
    };
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
    stopped?;
    failed.map_or(Ok(()), Err)
}

/// Starts a unit in the environment that `PONTOON_ENV` names. Waits for brokers and stores that are not there yet.
///
/// # Errors
/// A [`StartError`] with all that is missing or malformed; a broker that refuses us, or that has something else than
/// what the unit needs.
pub async fn start<U: Unit>(resources: U::Resources) -> Result<Started<U>> {
    Launch::new(resources).start().await
}

/// A unit with everything in memory, whatever `PONTOON_ENV` says: for tests. `.await` starts it. Secrets and variables
/// are what the test gives, and none of the process.
pub fn in_memory<U: Unit>(resources: U::Resources) -> Launch<U> {
    Launch::new(resources).in_memory()
}

/// A start with everything that can be said about it. [`Launch::start`] starts, and so does `.await`.
///
/// ```
/// use pontoon::{Launch, Result, StartError, Started};
/// use shop::topology::{monolith, secret};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<()> {
/// let unit: Started<monolith::Monolith> = Launch::new(shop::resources())
///     .environment("local")
///     .secret(secret::SmtpPassword, "hunter2")
///     .start()
///     .await?;
/// unit.shutdown().await?;
///
/// let refused = Launch::<monolith::Monolith>::new(shop::resources()).environment("moon").await;
/// let refused = refused.err().and_then(|error| match error {
///     pontoon::Error::Fault(fault) => fault.cause().map(ToString::to_string),
///     pontoon::Error::Rejected(never) => match never {},
/// });
/// assert!(refused.is_some_and(|why| why.contains("`moon` is no environment")));
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing starts before `.await`"]
pub struct Launch<U: Unit> {
    resources: U::Resources,
    environment: Option<String>,
    /// Those of the process, unless it is in memory.
    variables: Option<Variables>,
    secrets: HashMap<&'static str, SecretValue>,
    adapters: Option<Adapters>,
    in_memory: bool,
    wall: WallClock,
    round_trips: RoundTrips,
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
            variables: None,
            secrets: HashMap::new(),
            adapters: None,
            in_memory: false,
            wall: WallClock::default(),
            round_trips: RoundTrips::default(),
        }
    }

    /// In this environment, whatever `PONTOON_ENV` says.
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// With these variables, and none of the process.
    pub fn variables<K: Into<String>, V: Into<String>>(mut self, variables: impl IntoIterator<Item = (K, V)>) -> Self {
        self.variables = Some(Variables::of(variables));
        self
    }

    /// With one variable more than those that were given, and none of the process.
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables = Some(self.variables.unwrap_or_else(Variables::none).with(name.into(), value.into()));
        self
    }

    /// With this value of a secret, whatever its store says.
    pub fn secret<X: Secret>(mut self, _: X, value: impl Into<SecretValue>) -> Self
    where
        U: Reveals<X>,
    {
        self.secrets.insert(X::NAME, value.into());
        self
    }

    /// With everything in memory, whatever the environment. Variables and secrets are those that are given, and none of
    /// the process.
    pub fn in_memory(mut self) -> Self {
        self.in_memory = true;
        self
    }

    /// With these adapters, whatever the environment.
    pub fn adapters(mut self, adapters: Adapters) -> Self {
        self.adapters = Some(adapters);
        self
    }

    /// Debug builds try whether each value that travels, or is kept, is the same once it has gone through JSON, as on
    /// its way to another unit, and refuse what is not. Release builds do not, and neither does this unit.
    pub fn without_round_trips(mut self) -> Self {
        self.round_trips = RoundTrips(false);
        self
    }

    /// With a time of day that begins here and goes with tokio's clock: for schedules under a paused clock.
    pub fn wall_clock(mut self, now: SystemTime) -> Self {
        self.wall = WallClock::from(now);
        self
    }

    /// Starts: connect, subscribe, then ready. Waits for brokers and stores that are not there yet.
    ///
    /// # Errors
    /// As [`start`].
    pub async fn start(self) -> Result<Started<U>> {
        let mut problems = Vec::new();
        let (adapters, environment) = self.open(&mut problems).await;
        let ports = Ports::new(adapters.clone(), environment);
        let unit = U::assemble(&self.resources, &ports);
        let asked = ports.into_requested();
        let mut registration = Registration::new(adapters.clone(), environment);
        U::listen(&mut registration);
        problems.append(&mut registration.problems);
        for secret in &asked.secrets {
            if let Err(error) = adapters.secrets.read(secret).await {
                problems.push(error.to_string());
            }
        }
        if !problems.is_empty() {
            return Err(StartError { unit: U::NAME, problems })?;
        }
        let exist =
            U::SUBSCRIPTIONS.iter().copied().flatten().filter(|subscribed| subscribed.environments.have(environment));
        adapters.events.know(exist.copied().collect());
        adapters.state.connect().await?;
        adapters.events.connect().await?;
        adapters.queues.connect().await?;
        let shared = Shared::new(adapters, Outbox::new(asked.ports), self.wall, self.round_trips);
        Ok(Started::begin(Arc::new(RunningUnit { unit, shared }), registration))
    }

    /// Starts the unit, runs it until SIGTERM or Ctrl-C, and stops it, as [`run_with`].
    ///
    /// # Errors
    /// As [`run_with`].
    pub async fn run_with(self, beside: impl AsyncFnOnce(&Started<U>) -> Result<()>) -> Result<()> {
        until_a_signal(self, beside).await
    }

    /// The adapters of the environment, and its name, where it has one. Where a problem is found, others take their
    /// place, so that the rest of the problems can be found as well; none of them connects.
    async fn open(&self, problems: &mut Vec<String>) -> (Adapters, Option<&'static str>) {
        if let Some(adapters) = &self.adapters {
            return (adapters.clone(), None);
        }
        let picked = if self.in_memory { None } else { self.pick().map_err(|problem| problems.push(problem)).ok() };
        let environment = picked.unwrap_or(Environment::new("in_memory"));
        let instance = Instance::new(U::TOPOLOGY, U::NAME);
        let mut setup = Setup::new(instance, environment.verify, self.known_variables());
        let mut adapters = Adapters::open(&environment, &mut setup).await;
        problems.append(&mut setup.problems);
        if self.in_memory || !self.secrets.is_empty() {
            let (given, store) = (self.secrets.clone(), adapters.secrets);
            adapters.secrets = Arc::new(Given { given, store, in_memory: self.in_memory });
        }
        (adapters, picked.map(|environment| environment.name))
    }

    fn known_variables(&self) -> Variables {
        match &self.variables {
            Some(given) => given.clone(),
            None if self.in_memory => Variables::none(),
            None => Variables::of_process(),
        }
    }

    fn pick(&self) -> Result<Environment, String> {
        let choices: Vec<&str> = U::ENVIRONMENTS.iter().map(|environment| environment.name).collect();
        let choices = choices.join(", ");
        let named = match &self.environment {
            Some(name) => Some(name.clone()),
            None => self
                .known_variables()
                .get("PONTOON_ENV")
                .map_err(|error| format!("PONTOON_ENV is malformed: {error}"))?,
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

impl<U: Unit> IntoFuture for Launch<U>
where
    U::Resources: Send + Sync + 'static,
{
    type Output = Result<Started<U>>;
    type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.start())
    }
}
