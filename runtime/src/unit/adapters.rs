//! The adapters of one environment, opened.

use std::sync::Arc;

use crate::bridge::in_memory::{InMemoryEvents, InMemoryQueues};
use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{Environment, Setup, Variables};
use crate::health::{Counters, Health};
use crate::secret::SecretAdapter;
use crate::secret::env::EnvSecrets;
use crate::store::StateAdapter;
use crate::store::in_memory::InMemoryState;

/// The adapters behind a unit's ports: one environment.
#[derive(Clone)]
pub struct Adapters {
    /// Carries commands and events.
    pub events: Arc<dyn EventAdapter>,
    /// Carries jobs.
    pub queues: Arc<dyn QueueAdapter>,
    /// Keeps state.
    pub state: Arc<dyn StateAdapter>,
    /// Has the secrets.
    pub secrets: Arc<dyn SecretAdapter>,
}

impl Adapters {
    /// Those of an environment, the secret store first: the others read their secrets from it. Memory stands in for one
    /// that has a problem, so that the problems of the unit are found as well; then nothing connects.
    pub(crate) async fn open(environment: &Environment, setup: &mut Setup) -> Self {
        setup.secrets = environment.secret_store.open(setup).await;
        let events = environment.event_bridge.open_any(setup).await;
        let queues = environment.queue_bridge.open(setup).await;
        let state = environment.state_store.open(setup).await;
        Self {
            events: events.unwrap_or_else(|| Arc::new(InMemoryEvents::alone())),
            queues: queues.unwrap_or_else(|| Arc::new(InMemoryQueues::new())),
            state: state.unwrap_or_else(|| Arc::new(InMemoryState::new())),
            secrets: setup.secrets.clone().unwrap_or_else(|| Arc::new(EnvSecrets::new(Variables::none()))),
        }
    }

    /// Whether all of them can do their work now.
    pub(crate) fn health(&self) -> Health {
        self.events.health().and(self.queues.health()).and(self.state.health())
    }

    /// What went by on both bridges without anybody being told.
    pub(crate) fn counters(&self) -> Counters {
        self.events.counters().and(self.queues.counters())
    }
}
