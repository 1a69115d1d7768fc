//! NATS: core for requests and for what may be lost, JetStream for the rest.

mod address;
mod api;
mod attributes;
mod connection;
mod core_consumer;
mod core_subscription;
mod dead_letters;
mod declared;
mod drop_oldest;
mod endpoint;
mod inbox;
mod jetstream_subscription;
mod live_connection;
mod objects;
mod orphans;
mod provision;
mod publisher;
mod pull_consumer;
mod refusals;
mod requests;
mod settings;
mod supervisor;
mod topic;
mod version;

use std::sync::Arc;

use futures_util::future::join_all;
use pontoon_schema::capability::Adapter;

use crate::bridge::nats::address::Address;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::core_consumer::CoreConsumer;
use crate::bridge::nats::core_subscription::CoreSubscription;
use crate::bridge::nats::dead_letters::DeadLetterStore;
use crate::bridge::nats::declared::RetainedSubscription;
use crate::bridge::nats::drop_oldest::DropOldestBuffer;
use crate::bridge::nats::endpoint::NatsEndpoint;
use crate::bridge::nats::jetstream_subscription::JetStreamSubscription;
use crate::bridge::nats::objects::{consumer_name, events};
use crate::bridge::nats::pull_consumer::PullConsumer;
use crate::bridge::nats::topic::NatsTopic;
use crate::bridge::network::NetworkConsumer;
use crate::bridge::orphan::Orphan;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::environment::{EventBridge, Setup};
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;

pub use settings::Nats;

impl EventBridge for Nats {
    fn adapter(&self) -> Adapter {
        Adapter::Nats
    }

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move {
            let access = Address::read(self, setup).await;
            let connection = Arc::new(Connection::new(setup.instance, setup.verify, access));
            Some(Arc::new(NatsEvents { connection }) as Arc<dyn EventAdapter>)
        })
    }
}

/// Carries commands and events over NATS.
struct NatsEvents {
    connection: Arc<Connection>,
}

impl EventAdapter for NatsEvents {
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic> {
        self.connection.declared.lists().topics = true;
        Arc::new(NatsTopic::new(Arc::clone(&self.connection), subject))
    }

    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer> {
        let connection = &self.connection;
        let tally = Arc::clone(&connection.tally);
        let dead_letters = DeadLetterStore::new(Arc::clone(connection), subject, subscription);
        if policy.at_most_once {
            let (flow, buffer) =
                (CoreSubscription::new(subject, subscription), DropOldestBuffer::new(subscription, &policy));
            let (flow, buffer) = (Arc::new(flow), Arc::new(buffer));
            let mut lists = connection.declared.lists();
            lists.dead_letters |= policy.dead_letter;
            lists.subscriptions.push(Arc::clone(&flow));
            lists.buffers.push((flow, Arc::clone(&buffer)));
            return Arc::new(NetworkConsumer::new(CoreConsumer { buffer, dead_letters }, subscription, policy, tally));
        }
        let stream = events(connection.instance.topology).name;
        let pull = Arc::new(PullConsumer::new(connection, &stream, &consumer_name(subscription), &policy));
        connection.declared.keep(RetainedSubscription { subject, subscription, policy });
        connection.declared.lists().pulls.push(Arc::clone(&pull));
        let durable = JetStreamSubscription { connection: Arc::clone(connection), pull, dead_letters };
        Arc::new(NetworkConsumer::new(durable, subscription, policy, tally))
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        // Core NATS keeps nothing: what may be lost is for those who listen.
        if !policy.at_most_once {
            self.connection.declared.keep(RetainedSubscription { subject, subscription, policy });
        }
    }

    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        self.connection.declared.lists().known = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let subscription = Arc::new(CoreSubscription::new(subject, subject));
        self.connection.declared.lists().subscriptions.push(Arc::clone(&subscription));
        Arc::new(NatsEndpoint { connection: Arc::clone(&self.connection), subscription })
    }

    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>> {
        MaybeReady::boxed(self.connection.request(request))
    }

    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.connection.connect())
    }

    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        MaybeReady::boxed(self.connection.orphans())
    }

    fn remove_orphan(&self, orphan: Orphan) -> MaybeReady<'_, Result<bool, BridgeError>> {
        MaybeReady::boxed(async move { self.connection.remove_orphan(&orphan).await })
    }

    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(async move {
            let (subscriptions, pulls) = {
                let lists = self.connection.declared.lists();
                (lists.subscriptions.clone(), lists.pulls.clone())
            };
            let connection = &*self.connection;
            let subscriptions = join_all(subscriptions.iter().map(|flow| flow.drain(connection)));
            tokio::join!(subscriptions, join_all(pulls.iter().map(|pull| pull.drain(connection))));
        })
    }

    fn close(&self) -> MaybeReady<'_, ()> {
        MaybeReady::boxed(self.connection.close())
    }

    fn health(&self) -> Health {
        self.connection.link.health().and(self.connection.refusals.health())
    }

    fn counters(&self) -> Counters {
        self.connection.tally.counters(&self.connection.replies)
    }
}

impl Drop for NatsEvents {
    /// The tasks of the connection end with the bridge.
    fn drop(&mut self) {
        self.connection.link.close();
    }
}
