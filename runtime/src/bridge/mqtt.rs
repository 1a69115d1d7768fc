//! The adapter for brokers that speak MQTT 5.
//!
//! A topic is a subject with `/` for `.`, and a subscription is a shared subscription of its own name, so that every
//! instance takes its share and every subscription hears all. Where events are handled at least once, each instance of
//! a subscription has a session at the broker, which lasts a week without it; an acknowledgement is given once the
//! handler is done.
//!
//! What that needs of Mosquitto 2.0, beside `persistence true`: `autosave_on_changes true` with `autosave_interval 1`,
//! or what a crash finds unsaved is lost, acknowledged or not; and a large `max_queued_messages`, or what waits for a
//! subscription beyond 1,000 messages is dropped without a word (0 is no limit, but has Mosquitto throw out who
//! publishes what it may not). Its `acl_file` does not refuse subscriptions: who may not read an event never hears of
//! it, in silence; and who may connect can take a share of a subscription, which is lost then. Its dynamic security
//! plugin does refuse them.
//!
//! What counts as an attempt: that a message was handed to a handler. From the second time on that is counted at the
//! broker before it is handed out, in a retained message below `shop/attempts/<client>/`, which goes with the
//! acknowledgement: where the broker repeats it because it was with another process before, and where its handler has
//! failed in this process. So a message that ends its process is given up once it has been handed out as often as it
//! has attempts, and once more: whether the first process to have it has handed it out, nobody knows, and what is
//! repeated for the first time is in its second attempt, or its last. What was only with a process, and not handed out,
//! loses no attempt; nor does what a process gives back when it is told to stop. Where the counts of earlier processes
//! cannot be read within 30 s, the log says so, and they are taken for 0.
//!
//! What the broker refuses fails alone: for good where the reason code says so (too large, a topic or payload that it
//! does not take, no right), later where it may pass. What was under way, and not acknowledged, when two connections
//! broke is published alone, on a connection of its own. It fails for good if it breaks that three times, and each time
//! a connection on which nothing is published is answered right after: a broker that is away, or a network that breaks,
//! blames no message.
//!
//! A bridge that closes waits for 0.9 s at most until the broker has read the last acknowledgements and ended the
//! connections. What a broker that hangs has not read by then is handled again by the next process, which the log says.
//!
//! Rights that are needed, where `shop` is the topology:
//!
//! - Who calls commands: to publish to each command's topic (`shop/command/user/v1/find`), and to receive below
//!   `shop/reply/<user>/`, where `<user>` is the MQTT user name (`anyone` without one). Whoever has no more than that
//!   reads no event, and no reply but its own.
//! - Who serves commands: to receive from their topics, and to publish below `shop/reply/`. A request whose response
//!   topic is elsewhere is run, counted, and not answered.
//! - Who publishes events: to publish to their topics, and to `shop/subscribed/<subscription>` for each subscription
//!   that hears them at least once.
//! - Who subscribes: to receive from the event's topic. At least once, also to receive from
//!   `shop/subscribed/<subscription>`, and to publish and receive below `shop/dead/<subscription>/` and
//!   `shop/attempts/<client>/`, where `<client>` is `<client_id>-<unit>-<subscription>`.
//! - Who is to be told of sessions and dead letters of subscriptions that the topology does not have any more: to
//!   publish and receive below `shop/register/` and `shop/dead/`.
//!
//! In users and clients all but letters, digits, `-` and `_` is percent-encoded, so that each is one level of a topic.
//!
//! An instance that never comes back keeps its share of the events until its session ends. A subscription that has
//! never been there, or not since a restart of the broker, hears nothing: publishers wait for it, as long as they have
//! patience, and fail rather than let it miss an event.

mod acks;
mod adapter;
mod address;
mod attempts;
mod attributes;
mod connect;
mod connection;
mod dead_letters;
mod endpoint;
mod error;
mod event_loop;
mod inbound_queue;
mod listener;
mod live_connection;
mod names;
mod orphans;
mod packet_ids;
mod packets;
mod probe;
mod publisher;
mod reason_code;
mod requests;
mod retained;
mod session;
mod settings;
mod shared_connection;
mod subscribers;
mod subscription;
mod suspects;
mod topic;
mod topic_filters;

use std::sync::Arc;

use pontoon_schema::capability::{self, Bridge};

use crate::bridge::EventAdapter;
use crate::environment::{EventBridge, Setup};
use crate::maybe_ready::MaybeReady;
use crate::net::socket::Encryption;

use adapter::MqttEvents;
use address::{Address, Credentials};
use connect::Connector;

pub use settings::Mqtt;

impl EventBridge for Mqtt {
    const CAPABILITIES: Bridge = capability::MQTT;

    fn open<'a>(&'a self, setup: &'a mut Setup) -> MaybeReady<'a, Option<Arc<dyn EventAdapter>>> {
        MaybeReady::boxed(async move {
            let (connector, client_id) = self.connector(setup).await?;
            Some(Arc::new(MqttEvents::new(connector, setup.instance, &client_id)) as Arc<dyn EventAdapter>)
        })
    }
}

impl Mqtt {
    /// What connects, and what client ids begin with; or problems.
    async fn connector(&self, setup: &mut Setup) -> Option<(Connector, String)> {
        let before = setup.problems().len();
        let (url, client_id) = (setup.text(&self.url).await, setup.text(&self.client_id).await);
        let username = setup.optional(self.username.as_ref()).await;
        let password = setup.optional(self.password.as_ref()).await;
        let pems = setup.pems(self.tls.as_ref()).await;
        if setup.problems().len() > before {
            return None;
        }
        if client_id.is_empty() || client_id.contains(char::is_control) {
            setup.problem(format!("the client_id of mqtt, `{}`, is empty or no line of text", self.client_id));
            return None;
        }
        let (address, in_url) = match Address::read(&url, pems.is_some()) {
            Ok(read) => read,
            Err(problem) => {
                setup.problem(format!("the url of mqtt, `{}`: {problem}", self.url));
                return None;
            }
        };
        let credentials = Credentials { username, password }.or(in_url);
        let encryption = address.encrypted.then(|| Encryption::new(&pems.unwrap_or_default())).transpose();
        match encryption {
            Ok(encryption) => Some((Connector { address, credentials, encryption }, client_id)),
            Err(problem) => {
                setup.problem(format!("the TLS of mqtt: {problem}"));
                None
            }
        }
    }
}
