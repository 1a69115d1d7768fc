//! Brokers that speak MQTT 5: QoS 1, persistent sessions.

mod settings;

use std::sync::Arc;

use pontoon_schema::capability::Adapter;

use crate::bridge::EventAdapter;
use crate::bridge::in_memory::InMemoryEvents;
use crate::environment::{EventBridge, Opening};
use crate::soon::Soon;

pub use settings::Mqtt;

impl EventBridge for Mqtt {
    fn adapter(&self) -> Adapter {
        Adapter::Mqtt
    }

    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn EventAdapter>> {
        opening.problem("the adapter `mqtt` is not there yet");
        Soon::now(Arc::new(InMemoryEvents::new()))
    }
}
