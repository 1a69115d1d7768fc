//! Environments: which adapters are behind a unit's ports. Settings are constants that know how to open themselves:
//! what no environment names is not linked.

mod agreement;
mod memory;
mod secrets;
mod setup;
mod template;
mod tls;

use std::fmt;
use std::sync::Arc;

use pontoon_schema::capability::Bridge;

use crate::bridge::{EventAdapter, QueueAdapter};
use crate::maybe_ready::MaybeReady;
use crate::secret::SecretAdapter;
use crate::store::StateAdapter;

pub use agreement::agree;
pub use memory::InMemory;
pub use secrets::{Env, File};
pub use setup::{Instance, Setup};
pub use template::{Template, TemplatePart, Variables};
pub use tls::Tls;

#[cfg(any(feature = "amqp", feature = "mqtt", feature = "nats", feature = "redis"))]
pub(crate) use tls::Pems;

/// A named choice of adapters. Generated for each environment that a unit can run in.
#[derive(Clone, Copy, Debug)]
pub struct Environment {
    pub(crate) name: &'static str,
    pub(crate) ephemeral: bool,
    pub(crate) verify: bool,
    pub(crate) event_bridge: &'static dyn AnyEventBridge,
    pub(crate) queue_bridge: &'static dyn QueueBridge,
    pub(crate) state_store: &'static dyn StateStore,
    pub(crate) secret_store: &'static dyn SecretStore,
}

impl Environment {
    /// An environment with everything in memory, and secrets in variables.
    #[must_use]
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            ephemeral: false,
            verify: false,
            event_bridge: &InMemory,
            queue_bridge: &InMemory,
            state_store: &InMemory,
            secret_store: &Env,
        }
    }

    /// Losing data at a restart is acceptable here.
    #[must_use]
    pub const fn ephemeral(mut self) -> Self {
        self.ephemeral = true;
        self
    }

    /// What brokers need to have was made by somebody else, and is only checked.
    #[must_use]
    pub const fn verify(mut self) -> Self {
        self.verify = true;
        self
    }

    /// What carries commands and events.
    #[must_use]
    pub const fn event_bridge<B: EventBridge>(mut self, bridge: &'static B) -> Self {
        self.event_bridge = bridge;
        self
    }

    /// What carries jobs.
    #[must_use]
    pub const fn queue_bridge(mut self, bridge: &'static dyn QueueBridge) -> Self {
        self.queue_bridge = bridge;
        self
    }

    /// What keeps state.
    #[must_use]
    pub const fn state_store(mut self, store: &'static dyn StateStore) -> Self {
        self.state_store = store;
        self
    }

    /// What has the secrets.
    #[must_use]
    pub const fn secret_store(mut self, store: &'static dyn SecretStore) -> Self {
        self.secret_store = store;
        self
    }
}

/// What carries commands and events: an adapter and how it is reached.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event bridge",
    label = "the topology names it as one",
    note = "implement `pontoon::adapter::EventBridge` for it, or name another type in the topology"
)]
pub trait EventBridge: fmt::Debug + Send + Sync + 'static {
    /// What the adapter can do. Of one from elsewhere the topology says the same, or the crate does not compile.
    const CAPABILITIES: Bridge;

    /// Makes the adapter. Connects nothing. `None` where something is missing or malformed, which then stands in
    /// `setup`.
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>>;
}

/// An [`EventBridge`] of whatever type.
pub trait AnyEventBridge: fmt::Debug + Send + Sync {
    /// [`EventBridge::CAPABILITIES`].
    fn capabilities(&self) -> Bridge;

    /// [`EventBridge::open`].
    fn open_any<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>>;
}

impl<B: EventBridge> AnyEventBridge for B {
    fn capabilities(&self) -> Bridge {
        B::CAPABILITIES
    }

    fn open_any<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        self.open(setup)
    }
}

/// What carries jobs: an adapter and how it is reached.
pub trait QueueBridge: fmt::Debug + Send + Sync {
    /// Makes the adapter. Connects nothing. `None` where something is missing or malformed, which then stands in
    /// `setup`.
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>>;
}

/// What keeps state: an adapter and how it is reached.
pub trait StateStore: fmt::Debug + Send + Sync {
    /// Makes the adapter. Connects nothing. `None` where something is missing or malformed, which then stands in
    /// `setup`.
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn StateAdapter>>>;
}

/// What has the secrets: an adapter and how it is reached.
pub trait SecretStore: fmt::Debug + Send + Sync {
    /// Makes the adapter. `None` where something is missing or malformed, which then stands in `setup`.
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn SecretAdapter>>>;
}
