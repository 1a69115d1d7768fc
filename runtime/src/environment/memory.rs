//! Everything in the memory of the process.

use std::sync::Arc;

use pontoon_schema::capability::Adapter;

use crate::bridge::in_memory::{InMemoryEvents, InMemoryQueues};
use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{EventBridge, Opening, QueueBridge, StateStore};
use crate::soon::Soon;
use crate::store::{self, StateAdapter};

/// Memory of the process: gone with it.
#[derive(Clone, Copy, Debug)]
pub struct InMemory;

impl EventBridge for InMemory {
    fn adapter(&self) -> Adapter {
        Adapter::InMemory
    }

    fn open<'a>(&'a self, _: &'a mut Opening) -> Soon<'a, Arc<dyn EventAdapter>> {
        Soon::now(Arc::new(InMemoryEvents::alone()))
    }
}

impl QueueBridge for InMemory {
    fn open<'a>(&'a self, _: &'a mut Opening) -> Soon<'a, Arc<dyn QueueAdapter>> {
        Soon::now(Arc::new(InMemoryQueues::new()))
    }
}

impl StateStore for InMemory {
    fn open<'a>(&'a self, _: &'a mut Opening) -> Soon<'a, Arc<dyn StateAdapter>> {
        Soon::now(Arc::new(store::in_memory::InMemory::new()))
    }
}
