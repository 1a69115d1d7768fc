//! One attempt to connect: CONNECT with the client identifier and session expiry, and the limits that CONNACK grants.

use std::io;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{ConnAck, Connect, ConnectAuth, ConnectProperties, ConnectReturnCode, Packet};
use tokio::time::timeout;

use super::address::{Address, Credentials};
use super::error::MqttError;
use super::packets::{LARGEST_READ, PacketStream, ServerPacket};
use crate::bridge::network::CONNECT_TIMEOUT;
use crate::net::socket::{self, Encryption, Socket};

/// How long one side may say nothing before the other takes the connection for lost.
pub(super) const KEEP_ALIVE: Duration = Duration::from_secs(5);

/// How long a broker keeps the session of a subscription whose process is away: long enough for a weekend and the days
/// after it, and not for ever, since an instance that never comes back keeps its share of the events until then.
pub(super) const SESSION_EXPIRY: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// The connector: connects to one broker by client identifiers, again and again.
pub(super) struct Connector {
    pub(super) address: Address,
    pub(super) credentials: Credentials,
    pub(super) encryption: Option<Encryption>,
}

/// The client identifier of a connection, with its session and receive maximum.
#[derive(Clone, Debug)]
pub(super) struct ClientRole {
    pub(super) client_id: String,
    /// Whether the broker keeps the session while we are away.
    pub(super) lasting: bool,
    /// Our receive maximum: how many messages may be with us unacknowledged.
    pub(super) receive_maximum: u16,
}

/// The limits of the broker as its CONNACK says them, such as its receive maximum.
#[derive(Clone, Debug)]
pub(super) struct ServerLimits {
    /// Whether the broker has kept the session.
    pub(super) resumed: bool,
    /// The broker's receive maximum: how many messages may be with it unacknowledged.
    pub(super) receive_maximum: u16,
    /// The largest packet that it takes, in bytes.
    pub(super) largest: u32,
    /// How long we may say nothing.
    pub(super) keep_alive: Duration,
}

/// A connection that the broker has accepted, before any topic filter is subscribed to.
pub(super) struct AcceptedConnection {
    pub(super) packets: PacketStream,
    pub(super) limits: ServerLimits,
}

impl Connector {
    /// Connects.
    pub(super) async fn connect(&self, role: &ClientRole) -> Result<AcceptedConnection, MqttError> {
        let connected = async {
            let connecting = self.socket();
            let late = |what: &str| MqttError::Away(format!("{what} took longer than {CONNECT_TIMEOUT:?}"));
            let socket = timeout(CONNECT_TIMEOUT, connecting).await.map_err(|_| late("the connection"))?;
            let mut packets = PacketStream::new(socket.map_err(|error| MqttError::from_io(&error))?);
            let shaking = self.shake(role, &mut packets);
            let limits = timeout(CONNECT_TIMEOUT, shaking).await.map_err(|_| late("the handshake of MQTT"))??;
            Ok(AcceptedConnection { packets, limits })
        };
        connected.await.map_err(|error: MqttError| error.at(&self.address))
    }

    async fn shake(&self, role: &ClientRole, packets: &mut PacketStream) -> Result<ServerLimits, MqttError> {
        let ClientRole { client_id, lasting, receive_maximum } = role.clone();
        let connect = Connect {
            keep_alive: u16::try_from(KEEP_ALIVE.as_secs()).unwrap_or(u16::MAX),
            client_id,
            clean_start: !lasting,
            properties: Some(ConnectProperties {
                session_expiry_interval: u32::try_from(SESSION_EXPIRY.as_secs()).ok().filter(|_| lasting),
                receive_maximum: Some(receive_maximum),
                max_packet_size: Some(LARGEST_READ),
                ..ConnectProperties::new()
            }),
        };
        let connect = Packet::Connect(connect, None, self.credentials.packet());
        packets.put(&connect).map_err(|error| MqttError::Mismatch(format!("we cannot say who we are: {error}")))?;
        match packets.next().await? {
            ServerPacket::Packet(Packet::ConnAck(ack)) => granted(&ack, lasting),
            other => Err(MqttError::Away(format!("it answers CONNECT with {other:?}"))),
        }
    }

    async fn socket(&self) -> io::Result<Socket> {
        let Address { host, port, .. } = &self.address;
        let stream = socket::connect(host, *port).await?;
        socket::secure(stream, host, self.encryption.as_ref()).await
    }
}

impl Credentials {
    fn packet(&self) -> ConnectAuth {
        let password = self.password.clone().map(|password| password.into_bytes().into());
        match (self.username.clone(), password) {
            (Some(username), Some(password)) => ConnectAuth::UsernamePassword { username, password },
            (Some(username), None) => ConnectAuth::Username { username },
            (None, Some(password)) => ConnectAuth::Password { password },
            (None, None) => ConnectAuth::None,
        }
    }
}

fn granted(ack: &ConnAck, lasting: bool) -> Result<ServerLimits, MqttError> {
    let properties = ack.properties.as_ref();
    if ack.code != ConnectReturnCode::Success {
        let reason = properties.and_then(|properties| properties.reason_string.as_deref());
        return Err(MqttError::refused(ack.code, reason));
    }
    let lacks = |what: &str| Err(MqttError::Mismatch(format!("the broker has no {what}, which is needed")));
    if properties.is_some_and(|properties| properties.shared_subscription_available == Some(0)) {
        return lacks("shared subscriptions");
    }
    if properties.is_some_and(|properties| properties.subscription_identifiers_available == Some(0)) {
        return lacks("subscription identifiers");
    }
    if properties.and_then(|properties| properties.max_qos).is_some_and(|most| most < QoS::AtLeastOnce as u8) {
        return lacks("quality of service 1");
    }
    if properties.is_some_and(|properties| properties.retain_available == Some(0)) {
        return lacks("retained messages, where dead letters are kept");
    }
    let expiry = properties.and_then(|properties| properties.session_expiry_interval).map(u64::from);
    if let Some(expiry) = expiry.filter(|expiry| lasting && *expiry < SESSION_EXPIRY.as_secs()) {
        tracing::warn!(target: "pontoon", seconds = expiry, "the broker keeps sessions for less time than was asked for");
    }
    let keep_alive = properties.and_then(|properties| properties.server_keep_alive).map(u64::from);
    Ok(ServerLimits {
        resumed: ack.session_present,
        receive_maximum: properties.and_then(|properties| properties.receive_max).unwrap_or(u16::MAX),
        largest: properties.and_then(|properties| properties.max_packet_size).unwrap_or(u32::MAX),
        keep_alive: keep_alive.filter(|seconds| *seconds > 0).map_or(KEEP_ALIVE, Duration::from_secs).min(KEEP_ALIVE),
    })
}
