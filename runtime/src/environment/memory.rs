//! Everything in the memory of the process.

use std::sync::Arc;

use pontoon_schema::capability::{self, Bridge};

use crate::bridge::in_memory::{InMemoryEvents, InMemoryQueues};
use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{EventBridge, QueueBridge, Setup, StateStore};
use crate::maybe_ready::MaybeReady;
use crate::store::{self, StateAdapter};

/// Memory of the process: gone with it.
#[derive(Clone, Copy, Debug)]
pub struct InMemory;

impl EventBridge for InMemory {
    const CAPABILITIES: Bridge = capability::IN_MEMORY;

    fn open<'a>(&'a self, _: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::ready(Some(Arc::new(InMemoryEvents::alone())))
    }
}

impl QueueBridge for InMemory {
    fn open<'a>(&'a self, _: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>> {
        MaybeReady::ready(Some(Arc::new(InMemoryQueues::new())))
    }
}

impl StateStore for InMemory {
    fn open<'a>(&'a self, _: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn StateAdapter>>> {
        MaybeReady::ready(Some(Arc::new(store::in_memory::InMemoryState::new())))
    }
}
