//! The orphans of a topology: sessions and dead letters of subscriptions that it does not have. The protocol can't list
//! sessions, so that each unit enters its own into a register: retained messages below `shop/register/`, one for each
//! client. They expire a little after the session does that they stand for.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Disconnect, DisconnectReasonCode, Packet, Publish, PublishProperties};
use serde::{Deserialize, Serialize};
use tokio::time::{sleep, timeout};

use super::connect::{AcceptedConnection, ClientRole, Connector, SESSION_EXPIRY};
use super::connection::Connection;
use super::error::MqttError;
use super::names;
use super::publisher::{MqttPublisher, OutgoingPublish};
use super::retained::{Levels, RetainedMessages};
use super::subscribers::Subscribers;
use crate::bridge::BridgeError;
use crate::bridge::network::{InFlight, WAIT_LIMIT};
use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::Mutex;

/// How often a process enters its sessions again.
const AGAIN: Duration = Duration::from_secs(24 * 60 * 60);

/// The sessions of all units of a topology.
pub(super) struct SessionRegister {
    connector: Arc<Connector>,
    topology: &'static str,
    /// What the id begins with of the client that reads.
    client_id: String,
    publisher: MqttPublisher,
    in_flight: Arc<InFlight>,
    /// The sessions of this unit.
    own: Mutex<Vec<RegisteredSession>>,
}

/// A session, as it is entered.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub(super) struct RegisteredSession {
    pub(super) client_id: String,
    pub(super) subscription: String,
}

impl SessionRegister {
    pub(super) fn new(
        connector: &Arc<Connector>,
        connection: &Arc<Connection>,
        in_flight: &Arc<InFlight>,
        topology: &'static str,
        client_id: &str,
    ) -> Self {
        let publisher = MqttPublisher::new(connection, &Arc::new(Subscribers::new(topology)));
        let (connector, in_flight, client_id) =
            (Arc::clone(connector), Arc::clone(in_flight), format!("{client_id}-register"));
        Self { connector, topology, client_id, publisher, in_flight, own: Mutex::default() }
    }

    /// This unit has a session.
    pub(super) fn add(&self, entry: RegisteredSession) {
        self.own.lock().push(entry);
    }

    fn own(&self) -> Vec<RegisteredSession> {
        self.own.lock().clone()
    }

    /// Keeps the sessions of this unit entered, from the first time they are.
    pub(super) async fn keep(self: Arc<Self>) {
        loop {
            tokio::select! {
                () = sleep(AGAIN) => {}
                () = self.publisher.ended() => return,
            }
            if let Err(error) = self.enter().await {
                tracing::debug!(target: "pontoon", error = %OneLine(&error), "sessions are not entered again");
            }
        }
    }

    /// The sessions of units whose subscription the topology does not have, and the dead letters of such. Enters our
    /// own.
    pub(super) async fn orphans(&self, known: &[KnownSubscription]) -> Result<Vec<Orphan>, BridgeError> {
        self.enter().await?;
        let own = self.own();
        let entered = self.retained(names::register(self.topology), Levels::One).read().await?;
        let entries =
            entered.iter().filter_map(|publish| serde_json::from_slice::<RegisteredSession>(&publish.payload).ok());
        let strange = entries.filter(|entry| {
            entry.is_session() && !own.contains(entry) && !known.iter().any(|known| entry.is_of(known))
        });
        let mut orphans: Vec<Orphan> = strange.map(|entry| Orphan { name: entry.client_id, messages: None }).collect();
        let letters = self.retained(names::all_graves(self.topology), Levels::Two).read().await?;
        let mut dead_letters = BTreeMap::<_, u64>::new();
        for letter in &letters {
            if let Some((below, _)) = std::str::from_utf8(&letter.topic).ok().and_then(|topic| topic.rsplit_once('/')) {
                *dead_letters.entry(below).or_default() += 1;
            }
        }
        for known in known {
            dead_letters.remove(&*names::dead_letters(self.topology, known.subscription));
        }
        orphans.extend(
            dead_letters.into_iter().map(|(name, count)| Orphan { name: name.to_owned(), messages: Some(count) }),
        );
        Ok(orphans)
    }

    /// Removes one of them: dead letters, or a session with all that goes with it.
    pub(super) async fn remove(&self, orphan: &Orphan) -> Result<bool, BridgeError> {
        let name = &orphan.name;
        if name.starts_with(&names::dead_letters(self.topology, "")) {
            return Ok(self.clear(name.clone()).await? > 0);
        }
        let ended = io_thread::run(timeout(WAIT_LIMIT, end_session(Arc::clone(&self.connector), name.clone())));
        let late = |_| BridgeError::Unavailable(format!("the broker has not ended it within {WAIT_LIMIT:?}").into());
        ended.await.ok_or(BridgeError::Closed)?.map_err(late)??;
        self.clear(names::attempts(self.topology, name)).await?;
        self.put(names::entry(self.topology, name), Bytes::new(), None).await?;
        Ok(true)
    }

    /// Removes all that is retained below a topic. Returns how much that was.
    async fn clear(&self, below: String) -> Result<usize, BridgeError> {
        let found = self.retained(below, Levels::One).read().await?;
        for publish in &found {
            self.put(publish.topic.clone(), Bytes::new(), None).await?;
        }
        Ok(found.len())
    }

    async fn enter(&self) -> Result<(), BridgeError> {
        let expiry = u32::try_from((SESSION_EXPIRY + 2 * AGAIN).as_secs()).ok();
        for entry in self.own() {
            let topic = names::entry(self.topology, &entry.client_id);
            let body = serde_json::to_vec(&entry).map_err(BridgeError::Malformed)?;
            self.put(topic, body.into(), expiry).await?;
        }
        Ok(())
    }

    async fn put(&self, topic: impl Into<Bytes>, payload: Bytes, expiry: Option<u32>) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let topic = topic.into();
        let properties = PublishProperties { message_expiry_interval: expiry, ..PublishProperties::default() };
        let packet = || Publish {
            qos: QoS::AtLeastOnce,
            retain: true,
            topic: topic.clone(),
            payload: payload.clone(),
            properties: Some(properties.clone()),
            ..Publish::default()
        };
        self.publisher.publish(OutgoingPublish { subject: &String::from_utf8_lossy(&topic), packet }).await
    }

    fn retained(&self, below: String, levels: Levels) -> RetainedMessages {
        RetainedMessages { connector: Arc::clone(&self.connector), client_id: self.client_id.clone(), below, levels }
    }
}

/// Ends the session of a client: whoever connects by its id and begins anew has the broker drop what it had.
async fn end_session(connector: Arc<Connector>, client_id: String) -> Result<(), MqttError> {
    let AcceptedConnection { mut packets, .. } =
        connector.connect(&ClientRole { client_id, lasting: false, receive_maximum: 1 }).await?;
    let goodbye = Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection));
    if packets.put(&goodbye).is_ok() {
        // Without it the broker ends the session all the same: it was asked for one that ends with its connection.
        let _ = packets.shut().await;
    }
    Ok(())
}

impl RegisteredSession {
    /// Whether the client can be that of the subscription. Whoever may write to the register could have us end the
    /// session of another client otherwise.
    fn is_session(&self) -> bool {
        let unit = self.client_id.strip_suffix(&*self.subscription).filter(|_| !self.subscription.is_empty());
        unit.is_some_and(|unit| unit.len() > 1 && unit.ends_with('-'))
    }

    /// Whether the session is one of a subscription of the topology, of whatever event: it listens to another one once
    /// it connects. One whose events may be lost has none.
    fn is_of(&self, known: &KnownSubscription) -> bool {
        self.subscription == known.subscription && !known.delivery.at_most_once
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::subscription_policy::SubscriptionPolicy;

    fn entry(client_id: &str, subscription: &str) -> RegisteredSession {
        let [client_id, subscription] = [client_id, subscription].map(str::to_owned);
        RegisteredSession { client_id, subscription }
    }

    #[test]
    fn an_entry_names_the_session_of_its_subscription_and_no_other_client() {
        assert!(entry("host-1-mail-email.v1.greet", "email.v1.greet").is_session());
        for (client_id, subscription) in
            [("till-7", "email.v1.greet"), ("-email.v1.greet", "email.v1.greet"), ("till-7", ""), ("till-7-", "")]
        {
            assert!(!entry(client_id, subscription).is_session(), "{client_id}");
        }
        // Of a subscription that is there, nobody ends the session.
        let known =
            KnownSubscription::new("shop.event.moved.v1", "email.v1.greet", SubscriptionPolicy::at_least_once());
        assert!(entry("host-1-mail-email.v1.greet", "email.v1.greet").is_of(&known));
    }
}
