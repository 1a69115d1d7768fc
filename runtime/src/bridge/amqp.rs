//! RabbitMQ, and other brokers that speak AMQP 0.9.1.

mod settings;

use std::sync::Arc;

use pontoon_schema::capability::Adapter;

use crate::bridge::EventAdapter;
use crate::bridge::in_memory::InMemoryEvents;
use crate::environment::{EventBridge, Opening};
use crate::soon::Soon;

pub use settings::Amqp;

impl EventBridge for Amqp {
    fn adapter(&self) -> Adapter {
        Adapter::Amqp
    }

    fn open<'a>(&'a self, opening: &'a mut Opening) -> Soon<'a, Arc<dyn EventAdapter>> {
        opening.problem("the adapter `amqp` is not there yet");
        Soon::now(Arc::new(InMemoryEvents::new()))
    }
}
