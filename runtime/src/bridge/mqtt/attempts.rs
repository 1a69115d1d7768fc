//! The attempts of the messages of a session, also by processes that are gone: a message may end each process
//! that handles it. Mosquitto repeats what was not acknowledged, and counts nothing.
//!
//! A message is counted before it is handed out, unless that is the first time: a retained message of its own at the
//! broker has the count. What the broker repeats without a count was with an earlier process; whether that has handed
//! it out, nobody knows. Those that were counted by an earlier process are kept apart: one of them may have ended it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, Shared};
use rumqttc::mqttbytes::QoS;
use rumqttc::mqttbytes::v5::{Publish, PublishProperties};
use tokio::time::{Instant, sleep, sleep_until};

use super::connect::SESSION_EXPIRY;
use super::publisher::{MqttPublisher, OutgoingPublish};
use super::retained::RetainedMessages;
use crate::bridge::BridgeError;
use crate::bridge::network::{InFlight, Reconnect, WAIT_LIMIT};
use crate::health::Health;
use crate::message::id::Id;
use crate::net::io_thread;
use crate::one_line::OneLine;
use crate::sync::{Mutex, MutexGuard};

/// Within how long those are handed out, at random, that earlier processes have counted.
const APART: Duration = Duration::from_secs(1);

/// The attempts of the messages of a session: how often each was handed out.
pub(super) struct AttemptCounts {
    /// The counts at the broker: each has a topic.
    retained: RetainedMessages,
    publisher: MqttPublisher,
    in_flight: Arc<InFlight>,
    /// The counts, as far as they are known.
    counts: Mutex<HashMap<Id, Count>>,
    /// Ends once those of earlier processes are read, or nobody can read them. Begun when the first one is needed.
    reading: OnceLock<Shared<BoxFuture<'static, ()>>>,
    /// How many could not be written for good.
    uncounted: AtomicU64,
}

/// The attempts of a message: how often it was handed out.
#[derive(Clone, Copy)]
struct Count {
    tried: u32,
    /// When it may be handed out; at once, where this process has counted it.
    not_before: Option<Instant>,
}

impl AttemptCounts {
    pub(super) fn new(retained: RetainedMessages, publisher: MqttPublisher, in_flight: &Arc<InFlight>) -> Self {
        Self {
            retained,
            publisher,
            in_flight: Arc::clone(in_flight),
            counts: Mutex::default(),
            reading: OnceLock::new(),
            uncounted: AtomicU64::new(0),
        }
    }

    /// How often a message that came before was handed out since, as far as that was counted. Done once the broker has
    /// it that it is handed out once more. An error only where the bridge is closed; safe to drop while it waits, and
    /// then it counts nothing.
    pub(super) async fn begin(self: &Arc<Self>, id: Id) -> Result<u32, BridgeError> {
        self.read().await;
        let not_before = self.counts().get(&id).and_then(|count| count.not_before);
        if let Some(not_before) = not_before {
            sleep_until(not_before).await;
        }
        self.retried(id).await
    }

    /// The same for a message that this process has handed out before: all that was counted is known.
    pub(super) async fn retried(&self, id: Id) -> Result<u32, BridgeError> {
        let before = self.counts().get(&id).map_or(0, |count| count.tried);
        let tried = before.saturating_add(1);
        self.write(id, tried).await?;
        self.counts().insert(id, Count { tried, not_before: None });
        Ok(before)
    }

    /// A message was handed out and given back untried.
    pub(super) async fn undo(&self, id: Id) {
        let before = {
            let mut counts = self.counts();
            let Some(count) = counts.get_mut(&id) else { return };
            count.tried = count.tried.saturating_sub(1);
            count.tried
        };
        let written = if before == 0 { self.remove(id).await } else { self.publish(id, before).await };
        if let Err(error) = written {
            tracing::warn!(target: "pontoon", message = %id, error = %OneLine(&error), "a message may have one attempt less");
        }
    }

    /// A message is done with: its count is removed, some time.
    pub(super) fn forget(self: &Arc<Self>, id: Id) {
        let known = self.counts().remove(&id);
        if known.is_some() {
            let this = Arc::clone(self);
            io_thread::spawn(async move {
                // Otherwise the broker drops it with the session.
                if let Err(error) = this.remove(id).await {
                    tracing::debug!(target: "pontoon", message = %id, error = %OneLine(&error), "a count of attempts is not removed yet");
                }
            });
        }
    }

    /// Whether messages can be counted.
    pub(super) fn health(&self) -> Health {
        self.publisher.health()
    }

    /// Waits until the counts of earlier processes are known. They are read once, and by nobody who may stop waiting.
    async fn read(self: &Arc<Self>) {
        let reading = self.reading.get_or_init(|| {
            let this = Arc::clone(self);
            io_thread::spawn(async move { this.collect().await }).map(drop).boxed().shared()
        });
        reading.clone().await;
    }

    /// Reads the counts at the broker. A broker that is away is waited for; where they cannot be read for good, or not
    /// within so long as a bridge has patience, nothing is known.
    async fn collect(&self) {
        let (mut retry, mut begun) = (Reconnect::new("reading the counts of attempts"), Instant::now());
        loop {
            let error = match self.retained.read().await {
                Ok(found) => return self.add(&found),
                Err(error) => error,
            };
            match self.publisher.closed() {
                Ok(()) if self.publisher.is_up() => {}
                Ok(()) => begun = Instant::now(),
                Err(_) => return,
            }
            // Brokers may say nothing of what a user may not receive.
            if is_lasting(&error) || begun.elapsed() >= WAIT_LIMIT {
                let topics = &self.retained.below;
                tracing::error!(target: "pontoon", error = %OneLine(&error), topics, "nobody knows how often messages were tried before");
                return;
            }
            sleep(retry.failed(&error)).await;
        }
    }

    /// Counts as the broker has them. What this process has counted meanwhile stays.
    fn add(&self, found: &[Publish]) {
        let (mut counts, now) = (self.counts(), Instant::now());
        for (id, tried) in found.iter().filter_map(count) {
            let not_before = Some(now + APART.mul_f64(fastrand::f64()));
            counts
                .entry(id)
                .and_modify(|known| known.tried = tried.max(known.tried))
                .or_insert(Count { tried, not_before });
        }
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<Id, Count>> {
        self.counts.lock()
    }

    /// Writes a count, over as many connections as it takes. Where that is refused for good, the message is handed out
    /// all the same.
    async fn write(&self, id: Id, count: u32) -> Result<(), BridgeError> {
        let mut retry = Reconnect::new("counting an attempt");
        loop {
            let Err(error) = self.publish(id, count).await else { return Ok(()) };
            self.publisher.closed()?;
            if is_lasting(&error) {
                let uncounted = self.uncounted.fetch_add(1, Ordering::Relaxed) + 1;
                if uncounted.is_power_of_two() {
                    let topics = &self.retained.below;
                    tracing::error!(target: "pontoon", error = %OneLine(&error), topics, uncounted, "an attempt cannot be counted");
                }
                return Ok(());
            }
            sleep(retry.failed(&error)).await;
        }
    }

    async fn publish(&self, id: Id, count: u32) -> Result<(), BridgeError> {
        let expiry = u32::try_from(SESSION_EXPIRY.as_secs()).ok();
        self.put(id, Bytes::from(count.to_string()), expiry).await
    }

    async fn remove(&self, id: Id) -> Result<(), BridgeError> {
        self.put(id, Bytes::new(), None).await
    }

    async fn put(&self, id: Id, payload: Bytes, message_expiry_interval: Option<u32>) -> Result<(), BridgeError> {
        let _in_flight = self.in_flight.begin()?;
        let topic = Bytes::from(format!("{}/{id}", self.retained.below));
        let packet = || Publish {
            qos: QoS::AtLeastOnce,
            retain: true,
            topic: topic.clone(),
            payload: payload.clone(),
            properties: Some(PublishProperties { message_expiry_interval, ..PublishProperties::default() }),
            ..Publish::default()
        };
        self.publisher.publish(OutgoingPublish { subject: &self.retained.below, packet }).await
    }
}

/// A count as the broker has it. What is none of ours says nothing.
fn count(publish: &Publish) -> Option<(Id, u32)> {
    let id = std::str::from_utf8(&publish.topic).ok()?.rsplit('/').next()?.parse().ok()?;
    Some((id, std::str::from_utf8(&publish.payload).ok()?.parse().ok()?))
}

/// Whether another attempt ends as this one.
fn is_lasting(error: &BridgeError) -> bool {
    matches!(
        error,
        BridgeError::Denied(_) | BridgeError::Mismatch(_) | BridgeError::Malformed(_) | BridgeError::TooLarge { .. }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_is_read_where_it_is_one() {
        let read = |topic: &str, payload: &str| {
            count(&Publish { topic: topic.to_owned().into(), payload: payload.to_owned().into(), ..Publish::default() })
        };
        let id = Id::random();
        assert_eq!(read(&format!("shop/attempts/a/{id}"), "3"), Some((id, 3)));
        assert_eq!(read(&format!("shop/attempts/a/{id}"), "many"), None);
        assert_eq!(read("shop/attempts/a/b", "3"), None);
    }
}
