//! The adapter for RabbitMQ, and for other brokers that speak AMQP 0.9.1.
//!
//! An event is a durable fanout exchange, a subscription a queue that is bound to it: a quorum queue where events are
//! handled at least once, otherwise a classic one. A queue of jobs is a quorum queue that is bound by its name to the
//! exchange of all jobs (`shop.queue`). A command is a queue that is there as long as somebody serves it,
//! bound by its subject to the topology's exchange of commands (`shop.command`, a topic exchange); a reply goes through
//! `shop.reply` to the queue of its caller, `shop.reply.<user>.…`, and to nobody else, whatever a request says; a dead
//! letter goes through `shop.dead`, and a message with a long pause before its next attempt through `shop.later`, to
//! wait at the broker in a queue of its subscription (`….later.4m`), and back through `shop.again`. Queues that were
//! declared are entered into `shop.register`, since the protocol lists none. Nothing is published to the default
//! exchange, so that no user needs a right to it. What is published is confirmed, what is taken is acknowledged. What
//! may come once at most is acknowledged before it is handled: it is handled twice only where an acknowledgement is
//! lost with its connection.

mod ack_tag;
mod adapter;
mod address;
mod attributes;
mod channel_consumer;
mod confirm;
mod connect;
mod connection;
mod dead_letters;
mod declaration;
mod declarations;
mod delays;
mod endpoint;
mod error;
mod job_queue;
mod live_connection;
mod names;
mod orphans;
mod payload_limit;
mod provision;
mod publish_channel;
mod publisher;
mod queue_consumer;
mod reactor;
mod replies;
mod reply_consumer;
mod requests;
mod settings;
mod subscribers;
mod subscription;
mod subscription_declarations;
mod topic;

use std::sync::Arc;

use pontoon_schema::capability::{self, Bridge};

use crate::bridge::{EventAdapter, QueueAdapter};
use crate::environment::{EventBridge, QueueBridge, Setup};
use crate::maybe_ready::MaybeReady;
use crate::net::socket::Encryption;

use adapter::{AmqpAdapter, BrokerRules};
use address::Address;
use connect::Connector;
use names::Names;

pub use settings::Amqp;

impl EventBridge for Amqp {
    const CAPABILITIES: Bridge = capability::AMQP;

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move { Some(Arc::new(self.adapter(setup).await?) as Arc<dyn EventAdapter>) })
    }
}

impl QueueBridge for Amqp {
    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn QueueAdapter>>> {
        MaybeReady::boxed(async move { Some(Arc::new(self.adapter(setup).await?) as Arc<dyn QueueAdapter>) })
    }
}

impl Amqp {
    /// An adapter with connections of its own. Connects nothing.
    async fn adapter(&self, setup: &mut Setup) -> Option<AmqpAdapter> {
        let (connector, names) = self.connector(setup).await?;
        let rules = BrokerRules { verify: setup.verify, consumer_timeout: self.consumer_timeout };
        Some(AmqpAdapter::new(connector, Arc::new(names), rules))
    }

    /// What connects; or problems.
    async fn connector(&self, setup: &mut Setup) -> Option<(Connector, Names)> {
        let before = setup.problems().len();
        let url = setup.text(&self.url).await;
        let username = setup.optional(self.username.as_ref()).await;
        let password = setup.optional(self.password.as_ref()).await;
        let pems = setup.pems(self.tls.as_ref()).await;
        if setup.problems().len() > before {
            return None;
        }
        let mut address = match Address::read(&url, pems.is_some()) {
            Ok(address) => address,
            Err(problem) => {
                setup.problem(format!("the url of amqp, `{}`: {problem}", self.url));
                return None;
            }
        };
        address.credentials(username, password);
        let encryption = address.encrypted.then(|| Encryption::new(&pems.unwrap_or_default())).transpose();
        let names = Names::new(&setup.instance, &address.uri.authority.userinfo.username);
        match (encryption, names) {
            (Ok(encryption), Ok(names)) => Some((Connector { address, instance: setup.instance, encryption }, names)),
            (_, Err(error)) => {
                setup.problem(error.to_string());
                None
            }
            (Err(problem), _) => {
                setup.problem(format!("the TLS of amqp: {problem}"));
                None
            }
        }
    }
}
