//! What every part of a running unit shares: its adapters and how far it is.

use std::sync::Arc;

use crate::bridge::{EventAdapter, QueueAdapter};
use crate::lifecycle::Lifecycle;
use crate::outbox::Outbox;
use crate::schedule::Wall;
use crate::secret::SecretAdapter;
use crate::store::StateAdapter;

pub(crate) struct Core {
    pub(crate) lifecycle: Lifecycle,
    pub(crate) adapters: Adapters,
    pub(crate) outbox: Outbox,
    pub(crate) wall: Wall,
}

/// The adapters behind a unit's ports: one environment.
#[derive(Clone)]
pub struct Adapters {
    /// Carries events.
    pub events: Arc<dyn EventAdapter>,
    /// Carries jobs.
    pub queues: Arc<dyn QueueAdapter>,
    /// Keeps state.
    pub state: Arc<dyn StateAdapter>,
    /// Has the secrets.
    pub secrets: Arc<dyn SecretAdapter>,
}

impl Core {
    pub(crate) fn new(adapters: Adapters, outbox: Outbox, wall: Wall) -> Self {
        Self { lifecycle: Lifecycle::new(), adapters, outbox, wall }
    }
}
