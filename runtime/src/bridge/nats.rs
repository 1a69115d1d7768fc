//! NATS: core for requests and for what may be lost, JetStream for the rest.

mod access;
mod api;
mod connection;
mod durable;
mod endpoint;
mod flow;
mod graveyard;
mod headers;
mod inbox;
mod lossy;
mod objects;
mod orphans;
mod provision;
mod publish;
mod pull;
mod refusals;
mod requests;
mod session;
mod settings;
mod shelf;
mod supervisor;
mod topic;
mod version;
mod wanted;

use std::sync::Arc;

use futures_util::future::join_all;
use pontoon_schema::capability::Adapter;

use crate::bridge::nats::access::Access;
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::durable::Durable;
use crate::bridge::nats::endpoint::NatsInlet;
use crate::bridge::nats::flow::Flow;
use crate::bridge::nats::graveyard::Graveyard;
use crate::bridge::nats::lossy::Lossy;
use crate::bridge::nats::objects::{consumer_name, events};
use crate::bridge::nats::pull::Pull;
use crate::bridge::nats::shelf::Shelf;
use crate::bridge::nats::topic::NatsTopic;
use crate::bridge::nats::wanted::Kept;
use crate::bridge::remote::NetworkConsumer;
use crate::bridge::{BridgeError, Consumer, Endpoint, EventAdapter, Reply, Request, Topic};
use crate::delivery::SubscriptionPolicy;
use crate::environment::{EventBridge, Setup};
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::orphans::Orphan;
use crate::subscribed::Subscribed;

pub use settings::Nats;

impl EventBridge for Nats {
    fn adapter(&self) -> Adapter {
        Adapter::Nats
    }

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move {
            let access = Access::read(self, setup).await;
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
        self.connection.wanted.lists().topics = true;
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
        let graveyard = Graveyard::new(Arc::clone(connection), subject, subscription);
        if policy.at_most_once {
            let (flow, shelf) = (Flow::new(subject, subscription), Shelf::new(subscription, &policy));
            let (flow, shelf) = (Arc::new(flow), Arc::new(shelf));
            let mut lists = connection.wanted.lists();
            lists.dead_letters |= policy.dead_letter;
            lists.flows.push(Arc::clone(&flow));
            lists.shelves.push((flow, Arc::clone(&shelf)));
            return Arc::new(NetworkConsumer::new(Lossy { shelf, graveyard }, subscription, policy, tally));
        }
        let stream = events(connection.instance.topology).name;
        let pull = Arc::new(Pull::new(connection, &stream, &consumer_name(subscription), &policy));
        connection.wanted.keep(Kept { subject, subscription, policy });
        connection.wanted.lists().pulls.push(Arc::clone(&pull));
        let durable = Durable { connection: Arc::clone(connection), pull, graveyard };
        Arc::new(NetworkConsumer::new(durable, subscription, policy, tally))
    }

    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        // Core NATS keeps nothing: what may be lost is for those who listen.
        if !policy.at_most_once {
            self.connection.wanted.keep(Kept { subject, subscription, policy });
        }
    }

    fn know(&self, subscriptions: Arc<[Subscribed]>) {
        self.connection.wanted.lists().known = Some(subscriptions);
    }

    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint> {
        let flow = Arc::new(Flow::new(subject, subject));
        self.connection.wanted.lists().flows.push(Arc::clone(&flow));
        Arc::new(NatsInlet { connection: Arc::clone(&self.connection), flow })
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
            let (flows, pulls) = {
                let lists = self.connection.wanted.lists();
                (lists.flows.clone(), lists.pulls.clone())
            };
            let connection = &*self.connection;
            let flows = join_all(flows.iter().map(|flow| flow.drain(connection)));
            tokio::join!(flows, join_all(pulls.iter().map(|pull| pull.drain(connection))));
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
