//! The event loop of one connection: writes packets, hands out those that come, and notices when the keep-alive is
//! over.
//!
//! The client library has an event loop of its own. It is not used: after a restart it refuses to publish or to
//! subscribe in a session that the broker has kept; it cannot tell an acknowledgement that was meant for the connection
//! before; a packet that the broker finds too large, it sends again for ever; and a write that hangs, it waits for.

use std::mem;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{
    Disconnect, DisconnectReasonCode, Packet, PubAck, Publish, Subscribe, SubscribeProperties, Unsubscribe,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::acks::Ack;
use super::connect::{AcceptedConnection, ClientRole, ServerLimits};
use super::error::MqttError;
use super::listener::Listener;
use super::live_connection::{ConnectionCommand, PublishNotify};
use super::packet_ids::{Acknowledged, PacketIds, UnansweredRequest};
use super::packets::{PacketStream, ServerPacket};
use super::topic_filters::{DueFilter, TopicFilters};

/// How often it is looked whether the other side is still there.
const LOOK: Duration = Duration::from_secs(1);

/// How many bytes may wait to be written before more is taken on.
const UNWRITTEN: usize = 1 << 20;

/// How many commands are taken on in a row, before it is read again.
const BATCH: usize = 64;

/// The client that a connection is made for: its role, its topic filters, and who listens to it.
#[derive(Clone, Copy)]
pub(super) struct LoopClient<'c> {
    pub(super) role: &'c ClientRole,
    pub(super) filters: &'c TopicFilters,
    pub(super) listener: &'c dyn Listener,
}

/// The event loop of one connection, with its packet identifiers and keep-alive.
pub(super) struct EventLoop<'c> {
    client: LoopClient<'c>,
    packets: PacketStream,
    limits: ServerLimits,
    commands: mpsc::Receiver<ConnectionCommand>,
    packet_ids: PacketIds,
    heard_last: Instant,
    pinged_last: Instant,
    /// How many pings have no answer yet.
    pings: u32,
    was_late: bool,
    subscribe_state: SubscribeState,
}

/// The progress of the subscriptions of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SubscribeState {
    /// SUBSCRIBE is sent, and the broker has not answered to all of them.
    Requested,
    /// It has, and a ping that was sent after that is under way: with its answer they are saved.
    Answered,
    Saved,
    /// Who wants to know knows.
    Told,
}

impl<'c> EventLoop<'c> {
    pub(super) fn new(
        client: LoopClient<'c>,
        accepted: AcceptedConnection,
        commands: mpsc::Receiver<ConnectionCommand>,
    ) -> Self {
        let AcceptedConnection { packets, limits } = accepted;
        let now = Instant::now();
        Self {
            client,
            packets,
            packet_ids: PacketIds::new(limits.receive_maximum),
            limits,
            commands,
            heard_last: now,
            pinged_last: now,
            pings: 0,
            was_late: false,
            subscribe_state: SubscribeState::Requested,
        }
    }

    /// Drives the connection until it is lost, and says why; `Ok` where it was ended on purpose. Calls `settled` once
    /// all subscriptions are there, or were refused.
    pub(super) async fn run(mut self, settled: impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        let ended = self.drive(settled).await;
        let unanswered = self.packet_ids.broken();
        // Where it was ended on purpose, they hear of that.
        for UnansweredRequest { key, outcome } in unanswered.into_iter().filter(|_| ended.is_err()) {
            self.client.listener.unanswered(key, outcome);
        }
        ended
    }

    async fn drive(&mut self, mut settled: impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.client.filters.begin();
        self.subscribe()?;
        loop {
            while let Some(received) = self.packets.take()? {
                self.heard_last = Instant::now();
                self.hear(received)?;
            }
            self.settle(&mut settled)?;
            if self.packet_ids.wants_ping() && self.pings == 0 {
                self.ping()?;
            }
            for _ in 0..BATCH {
                let Some(command) = self.takes().then(|| self.commands.try_recv().ok()).flatten() else { break };
                if self.execute(command)? {
                    return self.end().await;
                }
            }
            let (takes, reads) = (self.takes(), !self.client.listener.is_full());
            tokio::select! {
                biased;
                // First, or where something comes all the time the broker would never hear of us.
                _ = look.tick() => self.look()?,
                turned = self.packets.turn(reads) => turned?,
                command = self.commands.recv(), if takes => match command {
                    Some(command) => if self.execute(command)? {
                        return self.end().await;
                    },
                    // Nobody can want anything any more.
                    None => return self.end().await,
                },
            }
        }
    }

    /// Whether something more can be taken on.
    fn takes(&self) -> bool {
        self.packet_ids.has_room() && self.packets.unwritten() < UNWRITTEN
    }

    fn put(&mut self, packet: &Packet) -> Result<(), MqttError> {
        self.packets.put(packet).map_err(|error| MqttError::Away(format!("a packet cannot be written: {error}")))
    }

    /// Sends DISCONNECT, after all packets of earlier commands, and waits until the broker has read that.
    async fn end(&mut self) -> Result<(), MqttError> {
        self.put(&Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection)))?;
        self.packets.finish().await.map_err(|error| MqttError::from_io(&error))
    }

    /// Executes a command. Says whether that is the end.
    fn execute(&mut self, command: ConnectionCommand) -> Result<bool, MqttError> {
        match command {
            ConnectionCommand::Publish(publish, notify) => self.publish(publish, notify),
            ConnectionCommand::Acknowledge(identifier) => self.put(&Packet::PubAck(PubAck::new(identifier, None)))?,
            ConnectionCommand::Unsubscribe(filter, done) => {
                if let Some(identifier) = self.packet_ids.unsubscribe(done) {
                    let mut unsubscribe = Unsubscribe::new(filter, None);
                    unsubscribe.pkid = identifier;
                    self.put(&Packet::Unsubscribe(unsubscribe))?;
                }
            }
            ConnectionCommand::Disconnect => return Ok(true),
        }
        Ok(false)
    }

    fn publish(&mut self, mut publish: Publish, notify: PublishNotify) {
        publish.qos = QoS::AtLeastOnce;
        let Some(identifier) = self.packet_ids.publish(notify) else { return };
        publish.pkid = identifier;
        if let Err(error) = self.packets.put_publish(&publish)
            && let Some(UnansweredRequest { key, outcome }) = self.packet_ids.unwritable(identifier, error.to_string())
        {
            self.client.listener.unanswered(key, outcome);
        }
    }

    /// Asks for the subscriptions that are not there.
    fn subscribe(&mut self) -> Result<(), MqttError> {
        for DueFilter { number, filter } in self.client.filters.due() {
            let Some(identifier) = self.packet_ids.subscribe(number) else { continue };
            let properties = filter.id.map(|id| SubscribeProperties { id: Some(id), user_properties: Vec::new() });
            let mut subscribe = Subscribe::new_many(filter.filters(), properties);
            subscribe.pkid = identifier;
            self.put(&Packet::Subscribe(subscribe))?;
        }
        Ok(())
    }

    fn hear(&mut self, received: ServerPacket) -> Result<(), MqttError> {
        match received {
            ServerPacket::Ack(ack) => self.hear_ack(ack),
            ServerPacket::Disconnect(reason, text) => {
                Err(MqttError::disconnected(&self.client.role.client_id, reason, text.as_deref()))
            }
            ServerPacket::Packet(packet) => self.hear_packet(packet),
        }
    }

    fn hear_ack(&mut self, ack: Ack) -> Result<(), MqttError> {
        match ack {
            Ack::Publish(identifier, reason) => match self.packet_ids.acknowledged(identifier, reason) {
                Acknowledged::Unanswered(UnansweredRequest { key, outcome }) => {
                    self.client.listener.unanswered(key, outcome);
                }
                Acknowledged::Publish => {}
                Acknowledged::Unknown => {
                    return Err(MqttError::Away(format!("the broker acknowledges {identifier}, which nobody sent")));
                }
            },
            Ack::Subscribe(identifier, reasons) => {
                if let Some(number) = self.packet_ids.subscribed(identifier) {
                    self.client.filters.answered(number, reasons.into_iter().find(|reason| reason.refusal().is_some()));
                }
            }
            Ack::Unsubscribe(identifier) => self.packet_ids.unsubscribed(identifier),
        }
        Ok(())
    }

    fn hear_packet(&mut self, packet: Packet) -> Result<(), MqttError> {
        match packet {
            Packet::Publish(publish) => self.hear_publish(publish)?,
            Packet::PingResp => {
                self.pings = self.pings.saturating_sub(1);
                if self.pings == 0 {
                    self.packet_ids.ponged();
                    if self.subscribe_state == SubscribeState::Answered {
                        self.subscribe_state = SubscribeState::Saved;
                    }
                }
            }
            other => return Err(MqttError::Away(format!("the broker sends a {:?} out of turn", other.packet_type()))),
        }
        Ok(())
    }

    fn hear_publish(&mut self, publish: Publish) -> Result<(), MqttError> {
        let (qos, identifier) = (publish.qos, publish.pkid);
        if qos == QoS::ExactlyOnce {
            return Err(MqttError::Away("the broker sends what nobody asked for: quality of service 2".to_owned()));
        }
        if self.client.listener.received(publish) && qos == QoS::AtLeastOnce {
            self.put(&Packet::PubAck(PubAck::new(identifier, None)))?;
        }
        Ok(())
    }

    /// Once all subscriptions were answered to: those that last have to be saved before anybody relies on them.
    fn settle(&mut self, settled: &mut impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        if self.subscribe_state == SubscribeState::Requested && self.client.filters.is_answered() {
            self.subscribe_state =
                if self.client.role.lasting { SubscribeState::Answered } else { SubscribeState::Saved };
            if self.client.role.lasting {
                self.ping()?;
            }
        }
        if self.subscribe_state == SubscribeState::Saved {
            self.subscribe_state = SubscribeState::Told;
            settled()?;
        }
        Ok(())
    }

    fn ping(&mut self) -> Result<(), MqttError> {
        self.put(&Packet::PingReq)?;
        self.packet_ids.pinged();
        self.pings += 1;
        self.pinged_last = Instant::now();
        Ok(())
    }

    /// Whether the other side is still there. What is not read says nothing of that; but the other side has to hear us.
    fn look(&mut self) -> Result<(), MqttError> {
        let (patience, reads) = (self.limits.keep_alive, !self.client.listener.is_full());
        let is_late = self.pinged_last.elapsed() > patience && self.heard_last.elapsed() > patience;
        // Twice in a row: where we were the ones who hung, something waits to be read.
        let was_late = mem::replace(&mut self.was_late, reads && self.pings > 0 && is_late);
        if was_late && self.was_late {
            return Err(MqttError::Away(format!("the broker has said nothing for {patience:?}")));
        }
        if (self.pings == 0 || !reads) && self.pinged_last.elapsed() >= patience / 2 {
            self.ping()?;
        }
        self.subscribe()
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::io::AsyncReadExt;
    use tokio::net::TcpListener;

    use super::*;
    use crate::bridge::mqtt::connect::KEEP_ALIVE;
    use crate::bridge::mqtt::live_connection::LiveConnection;
    use crate::bridge::mqtt::session::Session;
    use crate::net::socket;

    #[tokio::test]
    async fn a_connection_ends_once_the_broker_has_read_the_acknowledgements() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let stream = socket::connect("127.0.0.1", port).await.unwrap();
        let packets = PacketStream::new(socket::secure(stream, "127.0.0.1", None).await.unwrap());
        let (mut broker, _) = listener.accept().await.unwrap();
        let role = ClientRole { client_id: "a".to_owned(), lasting: false, receive_maximum: 1 };
        let limits = ServerLimits { resumed: false, receive_maximum: 1, largest: u32::MAX, keep_alive: KEEP_ALIVE };
        let (session, filters) = (Session::new("a".into(), 1), TopicFilters::default());
        let (live, commands) = LiveConnection::new(u32::MAX);
        live.send(ConnectionCommand::Acknowledge(7)).await.unwrap();
        live.send(ConnectionCommand::Disconnect).await.unwrap();
        let client = LoopClient { role: &role, filters: &filters, listener: &session };
        let event_loop = EventLoop::new(client, AcceptedConnection { packets, limits }, commands);
        let mut running = pin!(event_loop.run(|| Ok(())));
        let mut read = [0; 6];
        tokio::select! {
            biased;
            ended = &mut running => panic!("nobody knows what the broker has read: {ended:?}"),
            all = broker.read_exact(&mut read) => assert_eq!(all.unwrap(), 6),
        }
        assert_eq!(read, [0x40, 2, 0, 7, 0xe0, 0]);
        drop(broker);
        running.await.unwrap();
    }
}
