//! What every part of a running unit shares: its adapters and how far it is.

use std::sync::Arc;

use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{Environment, Opening};
use crate::health::Health;
use crate::inbox::Waits;
use crate::lane::Lanes;
use crate::lifecycle::Lifecycle;
use crate::outbox::Outbox;
use crate::round_trip::RoundTrips;
use crate::schedule::Wall;
use crate::secret::SecretAdapter;
use crate::store::StateAdapter;

pub(crate) struct Core {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) lanes: Lanes,
    pub(crate) adapters: Adapters,
    pub(crate) outbox: Outbox,
    pub(crate) wall: Wall,
    pub(crate) waits: Waits,
    pub(crate) round_trips: RoundTrips,
}

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
    /// Those of an environment, the secret store first: it opens the other doors.
    pub(crate) async fn open(environment: &Environment, opening: &mut Opening) -> Self {
        let secrets = environment.secret_store.open(opening).await;
        opening.secrets = Some(Arc::clone(&secrets));
        Self {
            events: environment.event_bridge.open(opening).await,
            queues: environment.queue_bridge.open(opening).await,
            state: environment.state_store.open(opening).await,
            secrets,
        }
    }

    /// Whether all of them can do their work now.
    pub(crate) fn health(&self) -> Health {
        self.events.health().and(self.state.health())
    }
}

impl Core {
    pub(crate) fn new(adapters: Adapters, outbox: Outbox, wall: Wall, round_trips: RoundTrips) -> Self {
        let (lifecycle, lanes, waits) = (Lifecycle::new(), Lanes::default(), Waits::default());
        Self { lifecycle, lanes, adapters, outbox, wall, waits, round_trips }
    }
}
