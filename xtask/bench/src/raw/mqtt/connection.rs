//! A connection of MQTT 5 on a TCP socket: one task reads packets, and one writes them.

use super::LARGEST;
use super::inbox::Inbox;
use super::outbox::Outbox;
use super::packet_ids::{Acknowledged, PacketIds};
use crate::raw::{PREFETCH, beside};
use crate::rounds::Error;
use bytes::BytesMut;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{
    ConnAck, Connect, ConnectAuth, ConnectProperties, ConnectReturnCode, Disconnect, DisconnectReasonCode, Packet,
    PubAck, PubAckReason, Publish, Subscribe, SubscribeFilter, SubscribeReasonCode,
};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// How long the client may say nothing, in seconds, and how often it says that it is there.
const KEEP_ALIVE: u16 = 5;
const PING: Duration = Duration::from_secs(3);

/// How many packets may be unacknowledged, where the broker takes more.
const UNACKNOWLEDGED: u16 = 1024;

/// An MQTT client on one connection, in a persistent session.
pub(super) struct Connection {
    outbox: Outbox,
    packet_ids: PacketIds,
    closed: Notify,
}

impl Connection {
    /// Connects. What is published to it is delivered by the task that reads.
    pub(super) async fn open(
        address: &str,
        client_id: String,
        deliver: impl FnMut(Publish) -> Result<(), Error> + Send + 'static,
    ) -> Result<Arc<Self>, Error> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        let (read, mut write) = socket.into_split();
        let mut inbox = Inbox::new(read);
        let mut bytes = BytesMut::new();
        connect(client_id).write(&mut bytes, None)?;
        write.write_all(&bytes).await?;
        let receive_maximum = match inbox.next().await? {
            Some(Packet::ConnAck(ConnAck { code: ConnectReturnCode::Success, properties, .. })) => {
                properties.and_then(|properties| properties.receive_max).unwrap_or(u16::MAX)
            }
            other => return Err(format!("the broker answers CONNECT with {other:?}").into()),
        };
        let packet_ids = PacketIds::new(receive_maximum.min(UNACKNOWLEDGED));
        let connection = Arc::new(Self { outbox: Outbox::default(), packet_ids, closed: Notify::new() });
        let writing = Arc::clone(&connection);
        beside(async move { writing.outbox.write(write, PING).await });
        let reading = Arc::clone(&connection);
        beside(async move {
            let ended = reading.read(inbox, deliver).await;
            reading.closed.notify_one();
            ended
        });
        Ok(connection)
    }

    /// Sends PUBLISH with a packet identifier. What it returns is there with PUBACK.
    pub(super) async fn publish(&self, publish: Publish) -> Result<Acknowledged, Error> {
        let (pkid, acknowledged) = self.packet_ids.take().await?;
        self.outbox.put(&Packet::Publish(Publish { qos: QoS::AtLeastOnce, pkid, ..publish }))?;
        Ok(acknowledged)
    }

    /// Sends SUBSCRIBE, and waits for SUBACK.
    pub(super) async fn subscribe(&self, filter: &str, qos: QoS) -> Result<(), Error> {
        let (pkid, acknowledged) = self.packet_ids.take().await?;
        let subscribe = Subscribe::new(SubscribeFilter::new(filter, qos), None);
        self.outbox.put(&Packet::Subscribe(Subscribe { pkid, ..subscribe }))?;
        acknowledged.await?
    }

    /// Sends PUBACK.
    pub(super) fn acknowledge(&self, publish: &Publish) -> Result<(), Error> {
        self.outbox.put(&Packet::PubAck(PubAck::new(publish.pkid, None)))
    }

    /// Sends DISCONNECT, and waits until the broker has closed the connection.
    pub(super) async fn close(&self) -> Result<(), Error> {
        self.outbox.put(&Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection)))?;
        self.closed.notified().await;
        Ok(())
    }

    async fn read(&self, mut inbox: Inbox, mut deliver: impl FnMut(Publish) -> Result<(), Error>) -> Result<(), Error> {
        while let Some(packet) = inbox.next().await? {
            match packet {
                Packet::Publish(publish) => deliver(publish)?,
                Packet::PubAck(ack) => self.packet_ids.acknowledge(ack.pkid, published(ack.reason))?,
                Packet::SubAck(ack) => self.packet_ids.acknowledge(ack.pkid, subscribed(&ack.return_codes))?,
                Packet::PingResp => {}
                other => return Err(format!("the broker sends {other:?}").into()),
            }
        }
        if self.outbox.ends() { Ok(()) } else { Err("the broker has closed the connection".into()) }
    }
}

fn connect(client_id: String) -> Packet {
    let properties = ConnectProperties {
        session_expiry_interval: Some(u32::MAX),
        receive_maximum: Some(PREFETCH),
        max_packet_size: Some(LARGEST),
        ..ConnectProperties::new()
    };
    let connect = Connect { keep_alive: KEEP_ALIVE, client_id, clean_start: false, properties: Some(properties) };
    Packet::Connect(connect, None, ConnectAuth::None)
}

fn published(reason: PubAckReason) -> Result<(), Error> {
    match reason {
        PubAckReason::Success => Ok(()),
        other => Err(format!("not confirmed: {other:?}").into()),
    }
}

fn subscribed(codes: &[SubscribeReasonCode]) -> Result<(), Error> {
    match codes {
        [SubscribeReasonCode::Success(_)] => Ok(()),
        other => Err(format!("not subscribed: {other:?}").into()),
    }
}
