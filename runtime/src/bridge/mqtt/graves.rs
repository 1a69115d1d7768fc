//! The dead letters of a subscription: retained messages, one a topic.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{
    Disconnect, DisconnectReasonCode, Packet, PubAck, PubAckReason, Publish, Subscribe, SubscribeFilter,
    SubscribeReasonCode,
};
use tokio::time::timeout;

use super::dialer::{Dialer, Role};
use super::outlet::{Outlet, Parcel};
use super::packets::Packets;
use super::properties::{self, Properties, attribute};
use super::trouble::Trouble;
use crate::bridge::remote::{Flights, PATIENCE, dead};
use crate::bridge::{BridgeError, Dead};
use crate::id::Id;
use crate::wire::{Attribute, Outgoing};

/// The dead letters of a subscription.
pub(super) struct Graves {
    /// Where the messages came from.
    pub(super) subject: &'static str,
    /// Below which each has a topic.
    pub(super) below: String,
    pub(super) source: Arc<str>,
    /// In bytes.
    pub(super) largest: u64,
    pub(super) outlet: Outlet,
    pub(super) flights: Arc<Flights>,
    pub(super) dialer: Arc<Dialer>,
    /// As whom they are looked at.
    pub(super) client_id: String,
    /// Those that somebody has looked at, and may be about to empty.
    pub(super) open: Mutex<HashMap<Bytes, Weak<Grave>>>,
}

/// What stands for a payload that is empty: a retained message without a payload would be none.
const EMPTY: Bytes = Bytes::from_static(b" ");

/// Where a dead letter is that somebody has looked at.
pub(super) struct Grave {
    topic: Bytes,
    /// Another one has come there since: the same message, given up once more after it was replayed.
    filled_anew: AtomicBool,
}

/// A dead letter, and where it is.
pub(super) type Found = (Dead, Arc<Grave>);

/// A dead letter as it was read.
struct Letter {
    /// When it was put there.
    time: String,
    dead: Dead,
    topic: Bytes,
}

impl Graves {
    /// Keeps a dead letter; done once it is safe.
    pub(super) async fn bury(&self, dead: &Dead) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some((&dead.reason, dead.attempts));
        let mut body = outgoing.body(self.largest)?;
        if body.is_empty() {
            body = EMPTY;
        }
        let topic = Bytes::from(format!("{}/{}", self.below, dead.message.metadata().id));
        let packet = || Publish { retain: true, ..Properties::of(&outgoing).publish(topic.clone(), body.clone()) };
        self.outlet.publish(Parcel { subject: self.subject, packet }).await?;
        if let Some(grave) = self.open().get(&topic).and_then(Weak::upgrade) {
            grave.filled_anew.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Forgets a dead letter.
    pub(super) async fn remove(&self, grave: &Grave) -> Result<(), BridgeError> {
        let _flight = self.flights.begin()?;
        if grave.filled_anew.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let topic = &grave.topic;
        let packet = || Publish { qos: QoS::AtLeastOnce, retain: true, topic: topic.clone(), ..Publish::default() };
        self.outlet.publish(Parcel { subject: self.subject, packet }).await
    }

    /// The dead letters, oldest first: a client of its own subscribes to all of them, and the broker sends what it has.
    pub(super) async fn all(&self) -> Result<Vec<Found>, BridgeError> {
        let role = Role { client_id: format!("{}-{}", self.client_id, Id::draw()), lasting: false, window: u16::MAX };
        let looked = timeout(PATIENCE, async {
            let (mut packets, _) = self.dialer.dial(&role).await?;
            let found = self.look(&mut packets).await?;
            let goodbye = Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection));
            if packets.put(&goodbye).is_ok() {
                // There is nothing that the broker would do otherwise without it.
                let _ = packets.shut().await;
            }
            Ok::<_, Trouble>(found)
        });
        let late = |_| BridgeError::Unavailable(format!("the broker has not listed them within {PATIENCE:?}").into());
        let mut found = looked.await.map_err(late)??;
        found.sort_by(|one, other| one.time.cmp(&other.time));
        let mut open = self.open();
        open.retain(|_, grave| grave.strong_count() > 0);
        let found = found.into_iter().map(|Letter { dead, topic, .. }| {
            let grave = open.get(&topic).and_then(Weak::upgrade).unwrap_or_else(|| {
                let grave = Arc::new(Grave { topic: topic.clone(), filled_anew: AtomicBool::new(false) });
                open.insert(topic, Arc::downgrade(&grave));
                grave
            });
            (dead, grave)
        });
        Ok(found.collect())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Bytes, Weak<Grave>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is below a topic. A message of our own comes after all that was there
    /// before it, and marks the end.
    async fn look(&self, packets: &mut Packets) -> Result<Vec<Letter>, Trouble> {
        let mut subscribe = Subscribe::new(SubscribeFilter::new(format!("{}/+", self.below), QoS::AtLeastOnce), None);
        subscribe.pkid = 1;
        put(packets, &Packet::Subscribe(subscribe))?;
        let (marker, mut found) = (Bytes::from(format!("{}/{}", self.below, Id::draw())), Vec::new());
        loop {
            match packets.next().await? {
                Packet::SubAck(ack) => {
                    if let Some(code) =
                        ack.return_codes.first().filter(|code| !matches!(code, SubscribeReasonCode::Success(_)))
                    {
                        return Err(Trouble::unsubscribed(&self.below, *code));
                    }
                    let (qos, topic) = (QoS::AtLeastOnce, marker.clone());
                    put(packets, &Packet::Publish(Publish { qos, topic, pkid: 2, ..Publish::default() }))?;
                }
                Packet::PubAck(ack)
                    if !matches!(ack.reason, PubAckReason::Success | PubAckReason::NoMatchingSubscribers) =>
                {
                    return Err(Trouble::unpublished(&self.below, ack.reason));
                }
                Packet::Publish(publish) => {
                    if publish.qos == QoS::AtLeastOnce {
                        put(packets, &Packet::PubAck(PubAck::new(publish.pkid, None)))?;
                    }
                    if publish.topic == marker {
                        return Ok(found);
                    }
                    // That of somebody else who looks at this moment, or one that is removed.
                    if !publish.payload.is_empty() {
                        let time = attribute(&publish, Attribute::TIME).unwrap_or_default().into_owned();
                        let (topic, dead) = (publish.topic.clone(), read(publish));
                        found.push(Letter { time, dead, topic });
                    }
                }
                Packet::Disconnect(disconnect) => return Err(Trouble::disconnected(&self.client_id, &disconnect)),
                _ => {}
            }
        }
    }
}

fn put(packets: &mut Packets, packet: &Packet) -> Result<(), Trouble> {
    packets.put(packet).map_err(|error| Trouble::Away(format!("a packet cannot be written: {error}")))
}

/// A dead letter. One that somebody else has put there may be none of ours.
fn read(mut publish: Publish) -> Dead {
    if publish.payload == EMPTY {
        publish.payload.clear();
    }
    dead(properties::read(&publish))
}
