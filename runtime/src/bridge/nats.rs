//! NATS: core for requests and for what may be lost, JetStream for the rest.

mod settings;

use std::sync::Arc;

use pontoon_schema::capability::Adapter;

use crate::bridge::EventAdapter;
use crate::bridge::in_memory::InMemoryEvents;
use crate::environment::{EventBridge, Opening};
use crate::soon::Soon;

pub use settings::Nats;

impl EventBridge for Nats {
    fn adapter(&self) -> Adapter {
        Adapter::Nats
    }

    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn EventAdapter>> {
        opening.problem("the adapter `nats` is not there yet");
        Soon::now(Arc::new(InMemoryEvents::new()))
    }
}
