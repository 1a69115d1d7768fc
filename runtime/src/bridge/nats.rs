//! NATS: core NATS for requests and for events that may be lost, JetStream for all others and for jobs.

mod ack_subject;
mod adapter;
mod address;
mod attributes;
mod client;
mod client_pull;
mod confirmations;
mod connect;
mod connection;
mod core_subscription;
mod dead_letters;
mod declarations;
mod done_jobs;
mod drop_oldest;
mod endpoint;
mod error;
mod event_stream;
mod inbox;
mod jetstream_api;
mod jetstream_objects;
mod job_queue;
mod live_connection;
mod names;
mod orphans;
mod provision;
mod publisher;
mod pull_consumer;
mod recently_done;
mod refusals;
mod requests;
mod server_process;
mod settings;
mod stream_config;
mod subscription;
mod supervisor;
mod topic;
mod version;

use std::sync::Arc;

use pontoon_schema::capability::{self, Bridge};

use crate::bridge::nats::adapter::NatsAdapter;
use crate::bridge::nats::address::Address;
use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{EventBridge, QueueBridge, Setup};
use crate::maybe_ready::MaybeReady;

pub use settings::Nats;

impl EventBridge for Nats {
    const CAPABILITIES: Bridge = capability::NATS;

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move { Some(Arc::new(self.adapter(setup).await) as Arc<dyn EventAdapter>) })
    }
}

impl QueueBridge for Nats {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>> {
        MaybeReady::boxed(async move { Some(Arc::new(self.adapter(setup).await) as Arc<dyn QueueAdapter>) })
    }
}

impl Nats {
    /// An adapter with a connection of its own. Connects nothing.
    async fn adapter(&self, setup: &mut Setup) -> NatsAdapter {
        let address = Address::read(self, setup).await;
        NatsAdapter::new(setup.instance, setup.verify, address)
    }
}
