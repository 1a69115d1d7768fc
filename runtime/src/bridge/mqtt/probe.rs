//! Publishes a suspect alone, with a client identifier of its own. What was in flight each time a connection broke may
//! be what breaks it: a broker need not say which message it does not take. Here no other message suffers from it, and
//! a break counts against the message only where a connection without it is answered right after.

use std::sync::Arc;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Disconnect, DisconnectReasonCode, Packet, Publish};
use tokio::sync::Semaphore;
use tokio::time::{Instant, sleep, timeout};

use super::acks::Ack;
use super::connect::{AcceptedConnection, ClientRole, Connector, KEEP_ALIVE};
use super::error::MqttError;
use super::live_connection::PublishOutcome;
use super::packets::{PacketStream, ServerPacket};
use super::reason_code::ReasonCode;
use crate::bridge::BridgeError;
use crate::bridge::network::{Reconnect, WAIT_LIMIT};
use crate::message::id::Id;
use crate::net::io_thread;

/// How often a connection breaks on which nothing else is published, and one without it does not, before that is taken
/// for an answer.
const BREAKS: u32 = 3;

/// How many are published in this way at a time.
const AT_A_TIME: usize = 4;

/// The packet identifier of the only packet that has one.
const IDENTIFIER: u16 = 1;

/// The publisher of suspects, each with a client identifier of its own.
pub(super) struct Probe {
    connector: Arc<Connector>,
    /// What the ids of its clients begin with.
    client_id: String,
    room: Semaphore,
}

/// The outcome of an attempt: a reason code, or the end of the connection.
enum ProbeOutcome {
    Said(PublishOutcome),
    /// The broker has ended the connection over it.
    Broken(String),
}

impl Probe {
    pub(super) fn new(connector: &Arc<Connector>, client_id: &str) -> Self {
        let client_id = format!("{client_id}-alone");
        Self { connector: Arc::clone(connector), client_id, room: Semaphore::new(AT_A_TIME) }
    }

    /// Publishes until the broker says something of it, or has ended the connection over it often enough; until then at
    /// most.
    pub(super) async fn publish(&self, publish: &Publish, until: Instant) -> Result<PublishOutcome, MqttError> {
        let left = until.saturating_duration_since(Instant::now());
        // Never closed.
        let late = |_| MqttError::Away(format!("the broker has not taken it within {WAIT_LIMIT:?}"));
        timeout(left, async {
            let _room = self.room.acquire().await;
            let (mut retry, mut breaks) = (Reconnect::new("publishing it alone"), 0);
            loop {
                let error = match self.attempt(publish.clone()).await {
                    Ok(ProbeOutcome::Said(outcome)) => return Ok(outcome),
                    Ok(ProbeOutcome::Broken(why)) => {
                        // A broker that is away, or a network that breaks, ends others as well.
                        breaks += u32::from(self.answers_without().await);
                        if breaks >= BREAKS {
                            return Err(MqttError::Unsendable(format!(
                                "each time that it is published, the broker ends the connection: {why}"
                            )));
                        }
                        MqttError::Away(why)
                    }
                    Err(error) if error.is_permanent() => return Err(error),
                    Err(error) => error,
                };
                sleep(retry.failed(&error)).await;
            }
        })
        .await
        .map_err(late)?
    }

    /// The client identifier of one connection.
    fn role(&self) -> ClientRole {
        ClientRole { client_id: format!("{}-{}", self.client_id, Id::random()), lasting: false, receive_maximum: 1 }
    }

    /// Whether the broker answers on a connection of the same kind on which nothing is published.
    async fn answers_without(&self) -> bool {
        let (connector, role) = (Arc::clone(&self.connector), self.role());
        let asked = async move {
            let AcceptedConnection { mut packets, .. } = connector.connect(&role).await?;
            packets.put(&Packet::PingReq).map_err(|error| MqttError::unreadable(&error))?;
            loop {
                match packets.next().await? {
                    ServerPacket::Packet(Packet::PingResp) => break,
                    ServerPacket::Disconnect(reason, text) => {
                        return Err(MqttError::disconnected(&role.client_id, reason, text.as_deref()));
                    }
                    _ => {}
                }
            }
            say_goodbye(&mut packets).await;
            Ok(())
        };
        matches!(io_thread::run(timeout(2 * KEEP_ALIVE, asked)).await, Some(Ok(Ok(()))))
    }

    async fn attempt(&self, publish: Publish) -> Result<ProbeOutcome, MqttError> {
        let (connector, role) = (Arc::clone(&self.connector), self.role());
        let attempt = async move {
            let AcceptedConnection { mut packets, limits } = connector.connect(&role).await?;
            let publish = Publish { qos: QoS::AtLeastOnce, pkid: IDENTIFIER, ..publish };
            if u64::try_from(publish.size()).is_ok_and(|size| size > u64::from(limits.largest)) {
                return Ok(ProbeOutcome::Said(PublishOutcome::Refused(ReasonCode::TOO_LARGE)));
            }
            let answer = match timeout(2 * KEEP_ALIVE, answer(&mut packets, &publish)).await {
                Ok(answer) => answer?,
                Err(_) => return Err(MqttError::Away("the broker says nothing of it".to_owned())),
            };
            say_goodbye(&mut packets).await;
            Ok(answer)
        };
        io_thread::run(attempt).await.unwrap_or(Err(MqttError::Away(BridgeError::Closed.to_string())))
    }
}

async fn say_goodbye(packets: &mut PacketStream) {
    let goodbye = Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection));
    if packets.put(&goodbye).is_ok() {
        // There is nothing that the broker would do otherwise without it.
        let _ = packets.shut().await;
    }
}

/// Publishes, and waits for the acknowledgement and then for the answer to a ping, with which it is safe.
async fn answer(packets: &mut PacketStream, publish: &Publish) -> Result<ProbeOutcome, MqttError> {
    if let Err(error) = packets.put_publish(publish) {
        return Ok(ProbeOutcome::Said(PublishOutcome::Unwritable(error.to_string())));
    }
    let mut outcome = None;
    loop {
        let received = match (packets.next().await, &outcome) {
            (Ok(received), _) => received,
            (Err(error), None) => return Ok(ProbeOutcome::Broken(error.text().to_owned())),
            (Err(error), Some(_)) => return Err(error),
        };
        match received {
            ServerPacket::Ack(Ack::Publish(IDENTIFIER, reason)) => {
                if reason.refusal().is_some() {
                    return Ok(ProbeOutcome::Said(reason.into()));
                }
                outcome = Some(PublishOutcome::from(reason));
                packets.put(&Packet::PingReq).map_err(|error| MqttError::unreadable(&error))?;
            }
            ServerPacket::Packet(Packet::PingResp) => {
                if let Some(outcome) = outcome {
                    return Ok(ProbeOutcome::Said(outcome));
                }
            }
            ServerPacket::Disconnect(reason, text) => {
                let error = MqttError::disconnected("", reason, text.as_deref());
                return match reason {
                    // What refuses a message ends the connection with some brokers: there is no other message here.
                    reason if outcome.is_none() && reason.is_lasting() => {
                        Ok(ProbeOutcome::Said(PublishOutcome::Refused(reason)))
                    }
                    ReasonCode::UNSPECIFIED | ReasonCode::IMPLEMENTATION if outcome.is_none() => {
                        Ok(ProbeOutcome::Broken(error.text().to_owned()))
                    }
                    _ => Err(error),
                };
            }
            _ => {}
        }
    }
}
