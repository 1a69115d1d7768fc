//! Drives one connection: writes what is ordered, hands out what comes, and notices when nothing comes any more.
//!
//! The client library has an event loop of its own. It is not used: after a restart it refuses to publish or to subscribe in
//! a session that the broker has kept; it cannot tell an acknowledgement that was meant for the connection before; a packet
//! that the broker finds too large, it sends again for ever; and a write that hangs, it waits for.

use std::mem;
use std::time::Duration;

use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{
    Disconnect, DisconnectReasonCode, Packet, PubAck, Publish, Subscribe, SubscribeProperties, Unsubscribe,
};
use tokio::sync::mpsc;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::acks::Ack;
use super::connect::{ClientRole, ServerLimits};
use super::error::MqttError;
use super::listener::Listener;
use super::live_connection::{ConnectionCommand, PublishNotify};
use super::packet_ids::PacketIds;
use super::packets::{PacketStream, ServerPacket};
use super::topic_filters::TopicFilters;

/// How often it is looked whether the other side is still there.
const LOOK: Duration = Duration::from_secs(1);

/// How many bytes may wait to be written before more is taken on.
const UNWRITTEN: usize = 1 << 20;

/// How many orders are taken on in a row, before it is read again.
const BATCH: usize = 64;

/// Drives one connection.
pub(super) struct EventLoop<'c> {
    role: &'c ClientRole,
    packets: PacketStream,
    granted: ServerLimits,
    orders: mpsc::Receiver<ConnectionCommand>,
    ear: &'c dyn Listener,
    /// What is subscribed to on this connection.
    standing: &'c TopicFilters,
    window: PacketIds,
    heard_last: Instant,
    pinged_last: Instant,
    /// How many pings have no answer yet.
    pings: u32,
    was_late: bool,
    settled: SubscribeState,
}

/// How far the subscriptions of a connection are.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum SubscribeState {
    /// The broker has not answered to all of them.
    Asked,
    /// It has, and a ping that was sent after that is under way: with its answer they are saved.
    Answered,
    Saved,
    /// Who wants to know knows.
    Told,
}

impl<'c> EventLoop<'c> {
    pub(super) fn new(
        (role, standing): (&'c ClientRole, &'c TopicFilters),
        (packets, granted): (PacketStream, ServerLimits),
        orders: mpsc::Receiver<ConnectionCommand>,
        ear: &'c dyn Listener,
    ) -> Self {
        let (now, window) = (Instant::now(), PacketIds::new(granted.window));
        Self {
            role,
            packets,
            granted,
            orders,
            ear,
            standing,
            window,
            heard_last: now,
            pinged_last: now,
            pings: 0,
            was_late: false,
            settled: SubscribeState::Asked,
        }
    }

    /// Drives the connection until it is lost, and says why; `Ok` where it was ended on purpose. Calls `settled` once all
    /// subscriptions are there, or were refused.
    pub(super) async fn run(mut self, settled: impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        let ended = self.drive(settled).await;
        let unanswered = self.window.broken();
        // Where it was ended on purpose, they hear of that.
        for (key, verdict) in unanswered.into_iter().filter(|_| ended.is_err()) {
            self.ear.unanswered(key, verdict);
        }
        ended
    }

    async fn drive(&mut self, mut settled: impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        self.standing.begin();
        self.subscribe()?;
        loop {
            while let Some(received) = self.packets.take()? {
                self.heard_last = Instant::now();
                self.hear(received)?;
            }
            self.settle(&mut settled)?;
            if self.window.wants_ping() && self.pings == 0 {
                self.ping()?;
            }
            for _ in 0..BATCH {
                let Some(order) = self.takes().then(|| self.orders.try_recv().ok()).flatten() else { break };
                if self.execute(order)? {
                    return self.end().await;
                }
            }
            let (takes, reads) = (self.takes(), !self.ear.is_full());
            tokio::select! {
                biased;
                // First, or where something comes all the time the broker would never hear of us.
                _ = look.tick() => self.look()?,
                turned = self.packets.turn(reads) => turned?,
                order = self.orders.recv(), if takes => match order {
                    Some(order) => if self.execute(order)? {
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
        self.window.has_room() && self.packets.unwritten() < UNWRITTEN
    }

    fn put(&mut self, packet: &Packet) -> Result<(), MqttError> {
        self.packets.put(packet).map_err(|error| MqttError::Away(format!("a packet cannot be written: {error}")))
    }

    /// Says goodbye, after what was ordered before, and waits until the broker has read that.
    async fn end(&mut self) -> Result<(), MqttError> {
        self.put(&Packet::Disconnect(Disconnect::new(DisconnectReasonCode::NormalDisconnection)))?;
        self.packets.finish().await.map_err(|error| MqttError::from_io(&error))
    }

    /// Does what is ordered. Says whether that is the end.
    fn execute(&mut self, order: ConnectionCommand) -> Result<bool, MqttError> {
        match order {
            ConnectionCommand::Publish(publish, word) => self.publish(publish, word),
            ConnectionCommand::Acknowledge(identifier) => self.put(&Packet::PubAck(PubAck::new(identifier, None)))?,
            ConnectionCommand::Unsubscribe(filter, done) => {
                if let Some(identifier) = self.window.unsubscribe(done) {
                    let mut unsubscribe = Unsubscribe::new(filter, None);
                    unsubscribe.pkid = identifier;
                    self.put(&Packet::Unsubscribe(unsubscribe))?;
                }
            }
            ConnectionCommand::Disconnect => return Ok(true),
        }
        Ok(false)
    }

    fn publish(&mut self, mut publish: Publish, word: PublishNotify) {
        publish.qos = QoS::AtLeastOnce;
        let Some(identifier) = self.window.publish(word) else { return };
        publish.pkid = identifier;
        if let Err(error) = self.packets.put_publish(&publish)
            && let Some((key, verdict)) = self.window.unwritable(identifier, error.to_string())
        {
            self.ear.unanswered(key, verdict);
        }
    }

    /// Asks for the subscriptions that are not there.
    fn subscribe(&mut self) -> Result<(), MqttError> {
        for (number, filter) in self.standing.due() {
            let Some(identifier) = self.window.subscribe(number) else { continue };
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
                Err(MqttError::disconnected(&self.role.client_id, reason, text.as_deref()))
            }
            ServerPacket::Packet(packet) => self.hear_packet(packet),
        }
    }

    fn hear_ack(&mut self, ack: Ack) -> Result<(), MqttError> {
        match ack {
            Ack::Publish(identifier, reason) => match self.window.acknowledged(identifier, reason) {
                Some(Some((key, verdict))) => self.ear.unanswered(key, verdict),
                Some(None) => {}
                None => {
                    return Err(MqttError::Away(format!("the broker acknowledges {identifier}, which nobody sent")));
                }
            },
            Ack::Subscribe(identifier, reasons) => {
                if let Some(number) = self.window.subscribed(identifier) {
                    self.standing.answered(number, reasons.into_iter().find(|reason| reason.refusal().is_some()));
                }
            }
            Ack::Unsubscribe(identifier) => self.window.unsubscribed(identifier),
        }
        Ok(())
    }

    fn hear_packet(&mut self, packet: Packet) -> Result<(), MqttError> {
        match packet {
            Packet::Publish(publish) => self.hear_publish(publish)?,
            Packet::PingResp => {
                self.pings = self.pings.saturating_sub(1);
                if self.pings == 0 {
                    self.window.ponged();
                    if self.settled == SubscribeState::Answered {
                        self.settled = SubscribeState::Saved;
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
        if self.ear.heard(publish) && qos == QoS::AtLeastOnce {
            self.put(&Packet::PubAck(PubAck::new(identifier, None)))?;
        }
        Ok(())
    }

    /// Once all subscriptions were answered to: those that last have to be saved before anybody relies on them.
    fn settle(&mut self, settled: &mut impl FnMut() -> Result<(), MqttError>) -> Result<(), MqttError> {
        if self.settled == SubscribeState::Asked && self.standing.is_answered() {
            self.settled = if self.role.lasting { SubscribeState::Answered } else { SubscribeState::Saved };
            if self.role.lasting {
                self.ping()?;
            }
        }
        if self.settled == SubscribeState::Saved {
            self.settled = SubscribeState::Told;
            settled()?;
        }
        Ok(())
    }

    fn ping(&mut self) -> Result<(), MqttError> {
        self.put(&Packet::PingReq)?;
        self.window.pinged();
        self.pings += 1;
        self.pinged_last = Instant::now();
        Ok(())
    }

    /// Whether the other side is still there. What is not read says nothing of that; but the other side has to hear us.
    fn look(&mut self) -> Result<(), MqttError> {
        let (patience, reads) = (self.granted.keep_alive, !self.ear.is_full());
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
        let role = ClientRole { client_id: "a".to_owned(), lasting: false, window: 1 };
        let granted = ServerLimits { resumed: false, window: 1, largest: u32::MAX, keep_alive: KEEP_ALIVE };
        let (session, standing) = (Session::new("a".into()), TopicFilters::default());
        let (line, orders) = LiveConnection::new(u32::MAX);
        line.order(ConnectionCommand::Acknowledge(7)).await.unwrap();
        line.order(ConnectionCommand::Disconnect).await.unwrap();
        let pump = EventLoop::new((&role, &standing), (packets, granted), orders, &session);
        let mut running = pin!(pump.run(|| Ok(())));
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
