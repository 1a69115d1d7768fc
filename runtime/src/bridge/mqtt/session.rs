//! A subscription's session at the broker: what comes there is ours until it is acknowledged, over as many connections as it
//! takes.
//!
//! When a connection is made again, the broker repeats what was not acknowledged, under its old packet identifier. What this
//! process still has of it is not handed out twice; what it is done with by then, is acknowledged then. A broker that has lost
//! acknowledgements, with the connection or because it died, repeats what they were for: that is acknowledged once more.

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
use crate::bridge::network::PREFETCH;
use crate::bridge::network::wire::Attribute;
use crate::sync::{Mutex, MutexGuard};

/// A message that has come.
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

/// What comes on a connection beyond what we have asked for (`receive maximum`) before it is not read any more. Mosquitto
/// 2.0 sends without end to who acknowledges slowly.
const BEYOND: usize = 64;

/// How many messages are remembered that are done with: as many as the broker may take for unacknowledged.
const REMEMBERED: usize = PREFETCH as usize + BEYOND;

/// A subscription's session.
pub(super) struct Session {
    topic: Bytes,
    pub(super) queue: InboundQueue<UnackedMessage>,
    table: Mutex<UnackedMessages>,
    /// How much has come on the connection that there is, and is not acknowledged.
    held: AtomicUsize,
}

/// What has come and is not acknowledged.
#[derive(Default)]
struct UnackedMessages {
    line: Option<Arc<LiveConnection>>,
    serials: u64,
    /// By packet identifier.
    entries: HashMap<u16, UnackedEntry>,
    /// What tells those from others that were acknowledged last.
    acknowledged: VecDeque<u64>,
}

struct UnackedEntry {
    serial: u64,
    /// What tells it from others.
    fingerprint: u64,
    /// The connection on which it came last.
    line: u64,
    /// It is done with, and could not be acknowledged yet.
    done: bool,
}

impl UnackedMessages {
    fn remember(&mut self, fingerprint: u64) {
        if self.acknowledged.len() >= REMEMBERED {
            self.acknowledged.pop_front();
        }
        self.acknowledged.push_back(fingerprint);
    }
}

impl Session {
    pub(super) fn new(topic: Bytes) -> Self {
        Self { topic, queue: InboundQueue::new(), table: Mutex::default(), held: AtomicUsize::new(0) }
    }

    fn table(&self) -> MutexGuard<'_, UnackedMessages> {
        self.table.lock()
    }

    /// A message is done with. Where the connection is lost, the broker hears of it when it repeats the message.
    pub(super) async fn done(&self, held: &UnackedMessage) {
        let identifier = held.publish.pkid;
        let line = {
            let mut table = self.table();
            let line = table.line.clone();
            let Some(entry) = table.entries.get_mut(&identifier).filter(|entry| entry.serial == held.serial) else {
                // The broker has forgotten it, or had it from somebody without a guarantee.
                return;
            };
            match line.filter(|line| line.number == entry.line) {
                Some(line) => {
                    let fingerprint = entry.fingerprint;
                    table.entries.remove(&identifier);
                    table.remember(fingerprint);
                    self.held.fetch_sub(1, Ordering::Relaxed);
                    line
                }
                None => {
                    entry.done = true;
                    return;
                }
            }
        };
        // An order that is lost with its connection is as one that never came: the message is remembered.
        let _ = line.order(ConnectionCommand::Acknowledge(identifier)).await;
    }

    fn count(&self) {
        self.held.fetch_add(1, Ordering::Relaxed);
    }
}

/// What tells a message from others: what it says about itself; and the payload, where it does not say who sent it or what
/// they call it.
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
    fn connected(&self, line: &Arc<LiveConnection>, resumed: bool) {
        let mut table = self.table();
        table.line = Some(Arc::clone(line));
        self.held.store(0, Ordering::Relaxed);
        if !resumed {
            // Packet identifiers begin anew.
            table.entries.clear();
        }
    }

    fn heard(&self, publish: Publish) -> bool {
        if publish.topic != self.topic {
            // It only had to find somebody.
            return true;
        }
        let mut table = self.table();
        table.serials += 1;
        let serial = table.serials;
        if publish.qos == QoS::AtMostOnce {
            drop(table);
            // Its sender accepts that it gets lost: nothing holds it back.
            let _ = self.queue.offer(UnackedMessage { publish: Arc::new(publish), came_before: false, serial });
            return true;
        }
        let (identifier, repeated) = (publish.pkid, publish.dup);
        let (fingerprint, line) = (fingerprint(&publish), table.line.as_ref().map_or(0, |line| line.number));
        if let Some(entry) =
            table.entries.get_mut(&identifier).filter(|entry| repeated && entry.fingerprint == fingerprint)
        {
            let (done, is_new) = (entry.done, entry.line != line);
            entry.line = line;
            if done {
                table.entries.remove(&identifier);
                table.remember(fingerprint);
            } else if is_new {
                self.count();
            }
            return done;
        }
        if table.acknowledged.contains(&fingerprint) {
            return true;
        }
        let before = table.entries.insert(identifier, UnackedEntry { serial, fingerprint, line, done: false });
        // The broker has used an identifier again that was not acknowledged.
        if before.is_none_or(|before| before.line != line) {
            self.count();
        }
        drop(table);
        self.queue.push(UnackedMessage { publish: Arc::new(publish), came_before: repeated, serial });
        false
    }

    fn is_full(&self) -> bool {
        self.held.load(Ordering::Relaxed) >= usize::from(PREFETCH) + BEYOND
    }

    fn unanswered(&self, _: u64, _: PublishOutcome) {}

    fn lost(&self, _: &str) {
        self.table().line = None;
    }
}

#[cfg(test)]
mod tests {
    use rumqttc::mqttbytes::v5::PublishProperties;

    use super::*;

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
        let (line, orders) = LiveConnection::new(u32::MAX);
        session.connected(&Arc::new(line), resumed);
        orders
    }

    fn acknowledged(orders: &mut tokio::sync::mpsc::Receiver<ConnectionCommand>) -> Option<u16> {
        match orders.try_recv() {
            Ok(ConnectionCommand::Acknowledge(identifier)) => Some(identifier),
            _ => None,
        }
    }

    #[tokio::test]
    async fn what_is_repeated_is_not_handed_out_twice() {
        let session = Session::new("a".into());
        let mut orders = connect(&session, false);
        for (identifier, id) in [(1, "one"), (2, "two"), (3, "three")] {
            assert!(!session.heard(publish(identifier, id, false)));
        }
        let (one, two) = (session.queue.take().await.unwrap(), session.queue.take().await.unwrap());
        session.done(&one).await;
        assert_eq!(acknowledged(&mut orders), Some(1));
        session.lost("");
        session.done(&two).await;

        let mut orders = connect(&session, true);
        assert!(session.heard(publish(2, "two", true)), "it is done with");
        assert!(!session.heard(publish(3, "three", true)));
        assert!(session.heard(publish(1, "one", true)), "its acknowledgement was lost");
        let three = session.queue.take().await.unwrap();
        assert_eq!((three.publish.pkid, three.came_before), (3, false));
        session.done(&three).await;
        assert_eq!(acknowledged(&mut orders), Some(3));
        assert_eq!(session.queue.len(), 0);

        drop(connect(&session, true));
        assert!(session.heard(publish(2, "two", true)), "its acknowledgement was lost, too");
        assert!(session.heard(publish(9, "three", false)), "a broker that died need not know that it has sent it");
    }

    #[tokio::test]
    async fn what_was_acknowledged_is_remembered_as_long_as_the_broker_may_have_missed_it() {
        let session = Session::new("a".into());
        let mut orders = connect(&session, false);
        for number in 0..=REMEMBERED {
            assert!(!session.heard(publish(1, &number.to_string(), false)));
            let held = session.queue.take().await.unwrap();
            session.done(&held).await;
            assert_eq!(acknowledged(&mut orders), Some(1));
        }
        assert!(session.heard(publish(1, "1", true)));
        assert!(!session.heard(publish(1, "0", true)), "nobody remembers it");
    }

    #[tokio::test]
    async fn an_identifier_that_is_used_again_is_another_message() {
        let session = Session::new("a".into());
        drop(connect(&session, false));
        session.heard(publish(1, "old", false));
        let old = session.queue.take().await.unwrap();
        let mut orders = connect(&session, true);
        session.heard(publish(1, "new", false));
        session.done(&old).await;
        assert_eq!(acknowledged(&mut orders), None);
        let new = session.queue.take().await.unwrap();
        session.done(&new).await;
        assert_eq!(acknowledged(&mut orders), Some(1));
    }

    #[tokio::test]
    async fn a_broker_that_sends_too_much_is_not_listened_to() {
        let session = Session::new("a".into());
        let mut orders = connect(&session, false);
        let most = PREFETCH + u16::try_from(BEYOND).unwrap();
        for identifier in 1..=most {
            session.heard(publish(identifier, &identifier.to_string(), false));
        }
        assert!(session.is_full());
        let first = session.queue.take().await.unwrap();
        assert!(session.is_full(), "it is with the process, handed out or not");
        session.done(&first).await;
        assert_eq!(acknowledged(&mut orders), Some(1));
        assert!(!session.is_full());
        // On the next connection only what was repeated counts.
        drop(connect(&session, true));
        for identifier in 2..=most {
            session.heard(publish(identifier, &identifier.to_string(), true));
        }
        assert!(!session.is_full());
        session.heard(publish(1, "new", false));
        assert!(session.is_full());
    }

    #[tokio::test]
    async fn what_a_broker_has_forgotten_is_not_acknowledged() {
        let session = Session::new("a".into());
        drop(connect(&session, false));
        session.heard(publish(1, "one", false));
        let one = session.queue.take().await.unwrap();
        let mut orders = connect(&session, false);
        session.done(&one).await;
        assert_eq!(acknowledged(&mut orders), None);
        session.queue.put_back(one.given_back());
        assert!(session.queue.take().await.unwrap().came_before);
    }
}
