//! The session of a subscription: its messages are ours until they are acknowledged, over as many connections as that
//! takes.
//!
//! When a connection is made again, the broker repeats what was not acknowledged, under its old packet identifier. What
//! this process still has of it is not handed out twice; what it is done with by then, is acknowledged then. A broker
//! that has lost acknowledgements, with the connection or because it died, repeats what they were for: that is
//! acknowledged once more.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Publish;

use super::attributes::attribute;
use super::inbound_queue::{InboundQueue, Weight};
use super::listener::Listener;
use super::live_connection::{ConnectionCommand, LiveConnection, PublishOutcome};
use crate::bridge::network::wire::Attribute;
use crate::sync::{Mutex, MutexGuard};

/// A QoS 1 message of a session that is not acknowledged.
#[derive(Clone)]
pub(super) struct UnackedMessage {
    pub(super) publish: Arc<Publish>,
    /// It has come before, to another process or to this one: its attempts are counted.
    pub(super) came_before: bool,
    /// Unlike those of all other messages of this session.
    serial: u64,
}

impl UnackedMessage {
    /// The same, for who takes it next: it has come before.
    pub(super) fn given_back(self) -> Self {
        Self { came_before: true, ..self }
    }
}

impl Weight for UnackedMessage {
    fn weight(&self) -> usize {
        self.publish.weight()
    }
}

/// What comes on a connection beyond what we have asked for (`receive maximum`) before it is not read any more.
/// Mosquitto 2.0 sends without end to who acknowledges slowly.
const BEYOND: usize = 64;

/// The session of a subscription, with its unacknowledged messages.
pub(super) struct Session {
    topic: Bytes,
    /// How many messages may have come and not be acknowledged, before no more are read.
    most: usize,
    pub(super) queue: InboundQueue<UnackedMessage>,
    unacked: Mutex<UnackedMessages>,
    /// How much has come on the connection that there is, and is not acknowledged.
    held: AtomicUsize,
}

/// The unacknowledged messages of a session, by packet identifier.
#[derive(Default)]
struct UnackedMessages {
    live: Option<Arc<LiveConnection>>,
    serials: u64,
    /// By packet identifier.
    entries: HashMap<u16, UnackedEntry>,
    /// What tells those from others that were acknowledged last.
    acknowledged: VecDeque<u64>,
}

/// An unacknowledged packet identifier.
struct UnackedEntry {
    serial: u64,
    /// What tells it from others.
    fingerprint: u64,
    /// The connection on which it came last.
    live: u64,
    /// It is done with, and could not be acknowledged yet.
    done: bool,
}

impl UnackedMessages {
    /// Remembers one that is done with, among as many as the broker may take for unacknowledged.
    fn remember(&mut self, fingerprint: u64, most: usize) {
        if self.acknowledged.len() >= most {
            self.acknowledged.pop_front();
        }
        self.acknowledged.push_back(fingerprint);
    }
}

impl Session {
    pub(super) fn new(topic: Bytes, receive_maximum: u16) -> Self {
        let most = usize::from(receive_maximum) + BEYOND;
        Self { topic, most, queue: InboundQueue::new(), unacked: Mutex::default(), held: AtomicUsize::new(0) }
    }

    fn unacked(&self) -> MutexGuard<'_, UnackedMessages> {
        self.unacked.lock()
    }

    /// A message is done with. Where the connection is lost, the broker hears of it when it repeats the message.
    pub(super) async fn done(&self, held: &UnackedMessage) {
        let identifier = held.publish.pkid;
        let live = {
            let mut unacked = self.unacked();
            let live = unacked.live.clone();
            let Some(entry) = unacked.entries.get_mut(&identifier).filter(|entry| entry.serial == held.serial) else {
                // The broker has forgotten it, or had it from somebody without a guarantee.
                return;
            };
            match live.filter(|live| live.number == entry.live) {
                Some(live) => {
                    let fingerprint = entry.fingerprint;
                    unacked.entries.remove(&identifier);
                    unacked.remember(fingerprint, self.most);
                    self.held.fetch_sub(1, Ordering::Relaxed);
                    live
                }
                None => {
                    entry.done = true;
                    return;
                }
            }
        };
        // A command that is lost with its connection is as one that never came: the message is remembered.
        let _ = live.send(ConnectionCommand::Acknowledge(identifier)).await;
    }

    fn count(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
    }
}

/// What tells a message from others: what it says about itself; and the payload, where it does not say who sent it or
/// what they call it.
fn fingerprint(publish: &Publish) -> u64 {
    let mut hasher = DefaultHasher::new();
    let says_so = |attribute| self::attribute(publish, attribute).is_some();
    publish.properties.as_ref().map(|properties| &properties.user_properties).hash(&mut hasher);
    if !(says_so(Attribute::ID) && says_so(Attribute::SOURCE)) {
        publish.payload.hash(&mut hasher);
    }
    hasher.finish()
}

impl Listener for Session {
    fn connected(&self, live: &Arc<LiveConnection>, resumed: bool) {
        let mut unacked = self.unacked();
        unacked.live = Some(Arc::clone(live));
        self.held.store(0, Ordering::Relaxed);
        if !resumed {
            // Packet identifiers begin anew.
            unacked.entries.clear();
        }
    }

    fn received(&self, publish: Publish) -> bool {
        if publish.topic != self.topic {
            // It only had to find somebody.
            return true;
        }
        let mut unacked = self.unacked();
        unacked.serials += 1;
        let serial = unacked.serials;
        if publish.qos == QoS::AtMostOnce {
            drop(unacked);
            // Its sender accepts that it gets lost: nothing holds it back.
            let _ = self.queue.offer(UnackedMessage { publish: Arc::new(publish), came_before: false, serial });
            return true;
        }
        let (identifier, repeated) = (publish.pkid, publish.dup);
        let (fingerprint, live) = (fingerprint(&publish), unacked.live.as_ref().map_or(0, |live| live.number));
        if let Some(entry) =
            unacked.entries.get_mut(&identifier).filter(|entry| repeated && entry.fingerprint == fingerprint)
        {
            let (done, is_new) = (entry.done, entry.live != live);
            entry.live = live;
            if done {
                unacked.entries.remove(&identifier);
                unacked.remember(fingerprint, self.most);
            } else if is_new {
                self.count();
            }
            return done;
        }
        if unacked.acknowledged.contains(&fingerprint) {
            return true;
        }
        let before = unacked.entries.insert(identifier, UnackedEntry { serial, fingerprint, live, done: false });
        // The broker has used an identifier again that was not acknowledged.
        if before.is_none_or(|before| before.live != live) {
            self.count();
        }
        drop(unacked);
        self.queue.push(UnackedMessage { publish: Arc::new(publish), came_before: repeated, serial });
        false
    }

    fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) >= self.most
    }

    fn unanswered(&self, _: u64, _: PublishOutcome) {}

    fn lost(&self, _: &str) {
        self.unacked().live = None;
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::v5::PublishProperties;

    use super::*;
    use crate::bridge::network::PREFETCH;

    fn publish(identifier: u16, id: &str, repeated: bool) -> Publish {
        let property = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let user_properties = vec![property("id", id), property("source", "/shop/a/1")];
        Publish {
            qos: QoS::AtLeastOnce,
            topic: "a".into(),
            pkid: identifier,
            dup: repeated,
            properties: Some(PublishProperties { user_properties, ..PublishProperties::default() }),
            ..Publish::default()
        }
    }

    fn connect(session: &Session, resumed: bool) -> tokio::sync::mpsc::Receiver<ConnectionCommand> {
        let (live, commands) = LiveConnection::new(u32::MAX);
        session.connected(&Arc::new(live), resumed);
        commands
    }

    fn acknowledged(commands: &mut tokio::sync::mpsc::Receiver<ConnectionCommand>) -> Option<u16> {
        match commands.try_recv() {
            Ok(ConnectionCommand::Acknowledge(identifier)) => Some(identifier),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_is_repeated_is_not_handed_out_twice() {
        let session = Session::new("a".into(), PREFETCH);
        let mut commands = connect(&session, false);
        for (identifier, id) in [(1, "one"), (2, "two"), (3, "three")] {
            assert!(!session.received(publish(identifier, id, false)));
        }
        let (one, two) = (session.queue.take().await.unwrap(), session.queue.take().await.unwrap());
        session.done(&one).await;
        assert_eq!(acknowledged(&mut commands), Some(1));
        session.lost("");
        session.done(&two).await;

        let mut commands = connect(&session, true);
        assert!(session.received(publish(2, "two", true)), "it is done with");
        assert!(!session.received(publish(3, "three", true)));
        assert!(session.received(publish(1, "one", true)), "its acknowledgement was lost");
        let three = session.queue.take().await.unwrap();
        assert_eq!((three.publish.pkid, three.came_before), (3, false));
        session.done(&three).await;
        assert_eq!(acknowledged(&mut commands), Some(3));
        assert_eq!(session.queue.len(), 0);

        drop(connect(&session, true));
        assert!(session.received(publish(2, "two", true)), "its acknowledgement was lost, too");
        assert!(session.received(publish(9, "three", false)), "a broker that died need not know that it has sent it");
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_remembered_as_long_as_the_broker_may_have_missed_it() {
        let session = Session::new("a".into(), PREFETCH);
        let mut commands = connect(&session, false);
        for number in 0..=session.most {
            assert!(!session.received(publish(1, &number.to_string(), false)));
            let held = session.queue.take().await.unwrap();
            session.done(&held).await;
            assert_eq!(acknowledged(&mut commands), Some(1));
        }
        assert!(session.received(publish(1, "1", true)));
        assert!(!session.received(publish(1, "0", true)), "nobody remembers it");
    }

    #[tokio::test]
    async fn an_identifier_that_is_used_again_is_another_message() {
        let session = Session::new("a".into(), PREFETCH);
        drop(connect(&session, false));
        session.received(publish(1, "old", false));
        let old = session.queue.take().await.unwrap();
        let mut commands = connect(&session, true);
        session.received(publish(1, "new", false));
        session.done(&old).await;
        assert_eq!(acknowledged(&mut commands), None);
        let new = session.queue.take().await.unwrap();
        session.done(&new).await;
        assert_eq!(acknowledged(&mut commands), Some(1));
    }

    #[tokio::test]
    async fn a_broker_that_sends_too_much_is_not_listened_to() {
        let session = Session::new("a".into(), PREFETCH);
        let mut commands = connect(&session, false);
        let most = PREFETCH + u16::try_from(BEYOND).unwrap();
        for identifier in 1..=most {
            session.received(publish(identifier, &identifier.to_string(), false));
        }
        assert!(session.is_full());
        let first = session.queue.take().await.unwrap();
        assert!(session.is_full(), "it is with the process, handed out or not");
        session.done(&first).await;
        assert_eq!(acknowledged(&mut commands), Some(1));
        assert!(!session.is_full());
        // On the next connection only what was repeated counts.
        drop(connect(&session, true));
        for identifier in 2..=most {
            session.received(publish(identifier, &identifier.to_string(), true));
        }
        assert!(!session.is_full());
        session.received(publish(1, "new", false));
        assert!(session.is_full());
    }

    #[tokio::test]
    async fn what_a_broker_has_forgotten_is_not_acknowledged() {
        let session = Session::new("a".into(), PREFETCH);
        drop(connect(&session, false));
        session.received(publish(1, "one", false));
        let one = session.queue.take().await.unwrap();
        let mut commands = connect(&session, false);
        session.done(&one).await;
        assert_eq!(acknowledged(&mut commands), None);
        session.queue.put_back(one.given_back());
        assert!(session.queue.take().await.unwrap().came_before);
    }
}
