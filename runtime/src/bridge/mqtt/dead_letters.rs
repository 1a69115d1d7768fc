//! The dead letters of a subscription: retained messages, one a topic.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Publish;

use super::attributes::{self, AttributeWriter, attribute};
use super::publisher::{MqttPublisher, OutgoingPublish};
use super::retained::RetainedMessages;
use crate::bridge::network::wire::{Attribute, GivenUp, Outgoing};
use crate::bridge::network::{InFlight, dead};
use crate::bridge::{BridgeError, DeadMessage};
use crate::sync::{Mutex, MutexGuard};

/// The dead letters of a subscription, as retained messages.
pub(super) struct DeadLetterStore {
    /// The subject of the event that they were.
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    /// In bytes.
    pub(super) largest: u64,
    pub(super) publisher: MqttPublisher,
    pub(super) in_flight: Arc<InFlight>,
    /// Where they are: each has a topic.
    pub(super) retained: RetainedMessages,
    /// Those that somebody has looked at, and may be about to empty.
    pub(super) open: Mutex<HashMap<Bytes, Weak<DeadLetterTopic>>>,
}

/// What stands for a payload that is empty: a retained message without a payload would be none.
const EMPTY: Bytes = Bytes::from_static(b" ");

/// The topic of a dead letter that somebody has looked at.
pub(super) struct DeadLetterTopic {
    topic: Bytes,
    /// Another dead letter has come there since: the same message, given up once more after it was replayed.
    replaced: AtomicBool,
}

/// A dead letter that was read, its size in bytes, and its topic.
pub(super) struct ReadDeadLetter {
    pub(super) dead: DeadMessage,
    pub(super) bytes: usize,
    pub(super) topic: Arc<DeadLetterTopic>,
}

/// A dead letter as its retained message has it.
struct StoredDeadLetter {
    /// When it was put there.
    time: String,
    dead: DeadMessage,
    bytes: usize,
    topic: Bytes,
}

impl DeadLetterStore {
    /// Keeps a dead letter; done once it is safe.
    pub(super) async fn dead_letter(&self, dead: &DeadMessage) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &dead.message, &self.source);
        outgoing.dead = Some(GivenUp { reason: &dead.reason, attempts: dead.attempts });
        let mut body = outgoing.body(self.largest)?;
        if body.is_empty() {
            body = EMPTY;
        }
        let topic = Bytes::from(format!("{}/{}", self.retained.below, dead.message.metadata().id));
        let packet = || Publish { retain: true, ..AttributeWriter::of(&outgoing).publish(topic.clone(), body.clone()) };
        self.publisher.publish(OutgoingPublish { subject: self.subject, packet }).await?;
        if let Some(dead_letter) = self.open().get(&topic).and_then(Weak::upgrade) {
            dead_letter.replaced.store(true, Ordering::Release);
        }
        Ok(())
    }

    /// Forgets a dead letter.
    pub(super) async fn remove(&self, dead_letter: &DeadLetterTopic) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        if dead_letter.replaced.swap(false, Ordering::AcqRel) {
            return Ok(());
        }
        let topic = &dead_letter.topic;
        let packet = || Publish { qos: QoS::AtLeastOnce, retain: true, topic: topic.clone(), ..Publish::default() };
        self.publisher.publish(OutgoingPublish { subject: self.subject, packet }).await
    }

    /// The dead letters, oldest first.
    pub(super) async fn all(&self) -> Result<Vec<ReadDeadLetter>, BridgeError> {
        let found = self.retained.read().await?.into_iter().map(|publish| {
            let time = attribute(&publish, Attribute::TIME).unwrap_or_default().into_owned();
            let (topic, bytes, dead) = (publish.topic.clone(), publish.payload.len(), read(publish));
            StoredDeadLetter { time, dead, bytes, topic }
        });
        let mut found: Vec<_> = found.collect();
        found.sort_by(|one, other| one.time.cmp(&other.time));
        let mut open = self.open();
        open.retain(|_, dead_letter| dead_letter.strong_count() > 0);
        let found = found.into_iter().map(|StoredDeadLetter { dead, bytes, topic, .. }| {
            let dead_letter = open.get(&topic).and_then(Weak::upgrade).unwrap_or_else(|| {
                let dead_letter = Arc::new(DeadLetterTopic { topic: topic.clone(), replaced: AtomicBool::new(false) });
                open.insert(topic, Arc::downgrade(&dead_letter));
                dead_letter
            });
            ReadDeadLetter { dead, bytes, topic: dead_letter }
        });
        Ok(found.collect())
    }

    fn open(&self) -> MutexGuard<'_, HashMap<Bytes, Weak<DeadLetterTopic>>> {
        self.open.lock()
    }
}

/// A dead letter. One that somebody else has put there may be none of ours.
fn read(mut publish: Publish) -> DeadMessage {
    if publish.payload == EMPTY {
        publish.payload.clear();
    }
    dead(attributes::read(&publish))
}
