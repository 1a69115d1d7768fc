//! Reads the retained messages below a topic. A client of its own subscribes to all of it, and the broker sends what it
//! has; a message of our own comes after all that was there before it, and marks the end.

use std::sync::Arc;

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Disconnect, DisconnectReasonCode, Packet, PubAck, Publish, Subscribe, SubscribeFilter};
use tokio::time::timeout;

use super::acks::Ack;
use super::connect::{AcceptedConnection, ClientRole, Connector};
use super::error::MqttError;
use super::packets::{PacketStream, ServerPacket};
use crate::bridge::BridgeError;
use crate::bridge::network::WAIT_LIMIT;
use crate::message::id::Id;
use crate::net::io_thread;

/// The retained messages below a topic.
#[derive(Clone)]
pub(super) struct RetainedMessages {
    pub(super) connector: Arc<Connector>,
    /// What the id begins with of the client that reads it.
    pub(super) client_id: String,
    /// Below which each message has a topic.
    pub(super) below: String,
    pub(super) levels: Levels,
}

/// The number of levels of a topic that are read.
#[derive(Clone, Copy, Debug)]
pub(super) enum Levels {
    One,
    /// It may be much: only where something is counts, and not what.
    Two,
}

impl RetainedMessages {
    /// All of it.
    pub(super) async fn read(&self) -> Result<Vec<Publish>, BridgeError> {
        let reader = self.clone();
        let read = io_thread::run(timeout(WAIT_LIMIT, async move { reader.connect().await }));
        let late = |_| BridgeError::Unavailable(format!("the broker has not listed them within {WAIT_LIMIT:?}").into());
        Ok(read.await.ok_or(BridgeError::Closed)?.map_err(late)??)
    }

    async fn connect(&self) -> Result<Vec<Publish>, MqttError> {
        let client_id = format!("{}-{}", self.client_id, Id::random());
        let AcceptedConnection { mut packets, .. } =
            self.connector.connect(&ClientRole { client_id, lasting: false, receive_maximum: u16::MAX }).await?;
        let found = self.collect(&mut packets).await?;
        let goodbye = Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection));
        if packets.put(&goodbye).is_ok() {
            // There is nothing that the broker would do otherwise without it.
            let _ = packets.shut().await;
        }
        Ok(found)
    }

    async fn collect(&self, packets: &mut PacketStream) -> Result<Vec<Publish>, MqttError> {
        let (below, id) = (&self.below, Id::random());
        let (filter, marker) = match self.levels {
            Levels::One => (format!("{below}/+"), format!("{below}/{id}")),
            Levels::Two => (format!("{below}/+/+"), format!("{below}/{id}/{id}")),
        };
        let mut subscribe = Subscribe::new(SubscribeFilter::new(filter, QoS::AtLeastOnce), None);
        subscribe.pkid = 1;
        put(packets, &Packet::Subscribe(subscribe))?;
        let (marker, mut found) = (Bytes::from(marker), Vec::new());
        loop {
            match packets.next().await? {
                ServerPacket::Ack(Ack::Subscribe(_, reasons)) => {
                    if let Some(reason) = reasons.into_iter().find(|reason| reason.refusal().is_some()) {
                        return Err(MqttError::unsubscribed(&self.below, reason));
                    }
                    let (qos, topic) = (QoS::AtLeastOnce, marker.clone());
                    put(packets, &Packet::Publish(Publish { qos, topic, pkid: 2, ..Publish::default() }))?;
                }
                ServerPacket::Ack(Ack::Publish(_, reason)) if reason.refusal().is_some() => {
                    return Err(MqttError::unpublished(&self.below, reason));
                }
                ServerPacket::Packet(Packet::Publish(mut publish)) => {
                    if publish.qos == QoS::AtLeastOnce {
                        put(packets, &Packet::PubAck(PubAck::new(publish.pkid, None)))?;
                    }
                    if publish.topic == marker {
                        return Ok(found);
                    }
                    // That of somebody else who reads at this moment, or one that is removed.
                    if !publish.payload.is_empty() {
                        if matches!(self.levels, Levels::Two) {
                            publish.payload.clear();
                        }
                        found.push(publish);
                    }
                }
                ServerPacket::Disconnect(reason, text) => {
                    return Err(MqttError::disconnected(&self.client_id, reason, text.as_deref()));
                }
                _ => {}
            }
        }
    }
}

fn put(packets: &mut PacketStream, packet: &Packet) -> Result<(), MqttError> {
    packets.put(packet).map_err(|error| MqttError::Away(format!("a packet cannot be written: {error}")))
}
