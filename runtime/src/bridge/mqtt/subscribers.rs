//! The subscriptions that have to be there before an event is published: a broker of MQTT keeps nothing for who has
//! never subscribed, and Mosquitto 2.0 forgets shared subscriptions when it is restarted.
//!
//! Each subscription that handles events at least once listens to a topic of its own as well. Something that is
//! published there tells, by the acknowledgement, whether anybody does; what the broker forgets, it forgets of both
//! together. It is asked once on each connection.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::Publish;
use tokio::time::{Instant, sleep, timeout_at};

use super::error::MqttError;
use super::live_connection::{LiveConnection, PublishNotify, PublishOutcome};
use super::names;
use crate::sync::{Mutex, MutexGuard};

/// Between two questions whether somebody is there.
const SHORTEST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_secs(1);

/// The subscriptions that have to be there before an event of one subject is published.
pub(super) struct Subscribers {
    topology: &'static str,
    subscriptions: Mutex<Vec<&'static str>>,
    /// The connection on which all of them were found.
    found: AtomicU64,
    /// One asks for all.
    asking: tokio::sync::Mutex<()>,
}

/// The presence of the subscriptions, as the broker tells it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum SubscriberPresence {
    /// All are there.
    All,
    /// The connection was lost.
    Lost,
    /// The connection was lost while we were asking.
    Broken,
    /// This one is not.
    Missing(&'static str),
    /// The broker does not let us ask.
    Refused(MqttError),
}

impl Subscribers {
    pub(super) fn new(topology: &'static str) -> Self {
        Self {
            topology,
            subscriptions: Mutex::default(),
            found: AtomicU64::new(0),
            asking: tokio::sync::Mutex::default(),
        }
    }

    fn subscriptions(&self) -> MutexGuard<'_, Vec<&'static str>> {
        self.subscriptions.lock()
    }

    /// One more has to be there.
    pub(super) fn add(&self, subscription: &'static str) {
        let mut subscriptions = self.subscriptions();
        if !subscriptions.contains(&subscription) {
            subscriptions.push(subscription);
        }
    }

    /// Whether anybody has to be there.
    pub(super) fn is_empty(&self) -> bool {
        self.subscriptions().is_empty()
    }

    /// They may not be there any more.
    pub(super) fn doubt(&self) {
        self.found.store(0, Ordering::Release);
    }

    /// Waits until all are there, until then at most.
    pub(super) async fn present(&self, live: &LiveConnection, until: Instant) -> SubscriberPresence {
        if self.found.load(Ordering::Acquire) == live.number {
            return SubscriberPresence::All;
        }
        let subscriptions = self.subscriptions().clone();
        let Ok(_asking) = timeout_at(until, self.asking.lock()).await else {
            return subscriptions.first().map_or(SubscriberPresence::Lost, |first| SubscriberPresence::Missing(first));
        };
        if self.found.load(Ordering::Acquire) == live.number {
            return SubscriberPresence::All;
        }
        for subscription in subscriptions {
            let asked = timeout_at(until, self.find(subscription, live)).await;
            match asked {
                Ok(SubscriberPresence::All) => {}
                Ok(other) => return other,
                Err(_) => return SubscriberPresence::Missing(subscription),
            }
        }
        self.found.store(live.number, Ordering::Release);
        SubscriberPresence::All
    }

    /// Waits until one is there.
    async fn find(&self, subscription: &'static str, live: &LiveConnection) -> SubscriberPresence {
        let topic = names::presence(self.topology, subscription);
        let mut pause = SHORTEST;
        loop {
            let topic = Bytes::copy_from_slice(topic.as_bytes());
            let question = Publish { qos: QoS::AtLeastOnce, topic, ..Publish::default() };
            match live.publish(question, PublishNotify::Acked).await {
                PublishOutcome::Acked => return SubscriberPresence::All,
                PublishOutcome::Lost => return SubscriberPresence::Lost,
                PublishOutcome::Broken => return SubscriberPresence::Broken,
                PublishOutcome::NoSubscribers => sleep(pause).await,
                PublishOutcome::Refused(reason) => {
                    let topic = names::presence(self.topology, subscription);
                    return SubscriberPresence::Refused(MqttError::unpublished(&topic, reason));
                }
                PublishOutcome::Unwritable(why) => return SubscriberPresence::Refused(MqttError::Unsendable(why)),
            }
            pause = (pause * 2).min(LONGEST);
        }
    }
}
