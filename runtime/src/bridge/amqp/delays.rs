//! Delay queues, for pauses that are too long to hold a message for: RabbitMQ takes what is not acknowledged in time
//! from its consumer. Such a message waits at the broker, in a queue whose messages go back to where they came from
//! after their time, and the one that was held is acknowledged once that is safe.

use std::sync::Arc;
use std::time::Duration;

use lapin::types::{AMQPValue, ShortString};
use pontoon_schema::capability::LONGEST_PAUSE_HELD;
use tokio::time::Instant;

use super::attributes;
use super::declaration::{BindingDeclaration, Declaration, ExchangeDeclaration, QueueDeclaration};
use super::error::AmqpError;
use super::names::{Names, name};
use super::publisher::AmqpPublisher;
use crate::bridge::network::InFlight;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::{BridgeError, Delivery};
use crate::contract::subscription_policy::SubscriptionPolicy;

/// For how long the queues hold messages at most, in minutes. What waits for less does so behind what is before it, so
/// that each queue has pauses of about the same length.
const MINUTES: [u32; 6] = [1, 4, 16, 64, 256, 1024];

/// A queue for pauses of up to this length, in minutes.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct DelayQueue(u32);

impl DelayQueue {
    /// The one for a pause; the last one where it is longer than any.
    fn of(pause: Duration) -> Self {
        let fits = MINUTES.into_iter().find(|minutes| pause <= Self(*minutes).longest());
        Self(fits.unwrap_or(MINUTES[MINUTES.len() - 1]))
    }

    /// Those that a subscription needs; none where it can spend all of its pauses in the process.
    pub(super) fn all(policy: SubscriptionPolicy) -> Vec<Self> {
        let longest = policy.backoff.longest_of(policy.attempts);
        if policy.at_most_once || policy.ordered || longest <= LONGEST_PAUSE_HELD {
            return Vec::new();
        }
        let last = Self::of(longest);
        MINUTES.into_iter().map(Self).filter(|level| level.0 <= last.0).collect()
    }

    fn longest(self) -> Duration {
        Duration::from_secs(u64::from(self.0) * 60)
    }

    /// The routing key of a message that is to come back to a queue.
    pub(super) fn key(self, queue: &ShortString) -> Result<ShortString, AmqpError> {
        name(&format!("{}m.{queue}", self.0))
    }

    /// What the broker has to have for a subscription: the queue is its own, as one that is full or has gone holds up
    /// all that is to come back to it.
    pub(super) fn declarations(self, names: &Names, back: &ShortString) -> Result<Vec<Declaration>, AmqpError> {
        let Names { delayed, returned, .. } = names;
        let arguments = [
            ("x-message-ttl", AMQPValue::LongLongInt(i64::from(self.0) * 60_000)),
            ("x-dead-letter-exchange", AMQPValue::LongString(returned.as_str().into())),
            ("x-dead-letter-strategy", AMQPValue::LongString("at-least-once".into())),
            ("x-overflow", AMQPValue::LongString("reject-publish".into())),
        ];
        let queue = QueueDeclaration::of_delay(name(&format!("{back}.later.{}m", self.0))?, arguments);
        let waits = BindingDeclaration { key: self.key(back)?, ..BindingDeclaration::by_name(delayed.clone(), &queue) };
        let returns = BindingDeclaration {
            key: name(&format!("*.{back}"))?,
            ..BindingDeclaration::of_event(returned.clone(), back.clone())
        };
        Ok(vec![
            Declaration::Exchange(ExchangeDeclaration::by_pattern(delayed.clone())),
            Declaration::Exchange(ExchangeDeclaration::by_pattern(returned.clone())),
            Declaration::Queue(queue),
            Declaration::Binding(waits),
            Declaration::Binding(returns),
        ])
    }
}

/// The delay queues of a subscription, in which messages wait for their next attempt.
pub(super) struct Delays {
    pub(super) subject: &'static str,
    pub(super) source: Arc<str>,
    /// None where all pauses are spent in the process.
    pub(super) levels: Vec<DelayLevel>,
    /// How long the broker lets a message be held.
    pub(super) limit: Duration,
    pub(super) in_flight: Arc<InFlight>,
}

/// A delay queue, and the publisher to it.
pub(super) struct DelayLevel {
    pub(super) queue: DelayQueue,
    pub(super) publisher: Arc<AmqpPublisher>,
}

impl Delays {
    /// Whether a message that is held since then cannot be held for this pause, too.
    pub(super) fn is_too_long(&self, since: Instant, pause: Duration) -> bool {
        !self.levels.is_empty() && (pause > LONGEST_PAUSE_HELD || since.elapsed() + pause > self.limit / 4)
    }

    /// Has a message wait at the broker for its next attempt; done once it is safe there.
    pub(super) async fn keep(&self, delivery: &Delivery, pause: Duration) -> Result<(), BridgeError> {
        let queue = DelayQueue::of(pause);
        let found = self.levels.iter().find(|level| level.queue == queue).or(self.levels.last());
        let Some(DelayLevel { publisher, .. }) = found else {
            return Err(BridgeError::Unavailable("it has no place to wait".into()));
        };
        let _in_flight = self.in_flight.begin()?;
        let mut outgoing = Outgoing::new(self.subject, &delivery.message, &self.source);
        outgoing.attempt = delivery.attempt.saturating_add(1);
        outgoing.deadline = delivery.message.metadata().deadline;
        // It was carried before.
        let body = outgoing.body(u64::MAX)?;
        let expiration = ShortString::from(pause.as_millis().to_string());
        publisher.publish(&body, || attributes::persistent(&outgoing).with_expiration(expiration.clone())).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(shortest: u64, longest: u64) -> Vec<u32> {
        let policy = SubscriptionPolicy::at_least_once().attempts(9);
        let policy = policy.backoff(Duration::from_secs(shortest), Duration::from_secs(longest));
        DelayQueue::all(policy).into_iter().map(|level| level.0).collect()
    }

    #[test]
    fn only_long_pauses_need_a_queue() {
        assert!(minutes(1, 60).is_empty());
        assert_eq!(minutes(1, 61), [1, 4]);
        assert_eq!(minutes(1, 3600), [1, 4], "nine attempts get no further than 128 s");
        assert_eq!(minutes(60, 86_400 * 365), [1, 4, 16, 64, 256]);
        assert_eq!(DelayQueue::of(Duration::from_secs(86_400)), DelayQueue(1024));
        assert!(DelayQueue::all(SubscriptionPolicy::at_most_once()).is_empty());
    }
}
