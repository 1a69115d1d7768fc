//! The configurations of streams and durable consumers as they have to be, and how one that is there differs.

use std::time::Duration;

use crate::bridge::nats::jetstream_objects::{
    AckPolicy, ConsumerConfig, DeliverPolicy, DiscardPolicy, ReplayPolicy, RetentionPolicy, StorageType, StreamConfig,
    StreamState,
};
use crate::bridge::nats::names;
use crate::bridge::network::PREFETCH;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};

/// The lease of a delivery (`ack_wait`). Whoever has it for longer says so in time; what a process had that died is
/// delivered again after it.
pub(super) const LEASE: Duration = Duration::from_secs(10);

/// The duplicate window of streams: longer than anybody tries to publish one message.
const DUPLICATE_WINDOW: Duration = Duration::from_secs(120);

/// How many deliveries all instances together may have unacknowledged, those included that wait for their next attempt.
const MAX_ACK_PENDING: i64 = 40 * PREFETCH as i64;

/// No limit.
const UNLIMITED: i64 = -1;

/// A subscription whose events a stream keeps for its durable consumer.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct RetainedSubscription {
    pub(super) subject: &'static str,
    pub(super) subscription: &'static str,
    pub(super) policy: SubscriptionPolicy,
}

/// A queue that has a stream of its own, and the policy of its jobs.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) struct DeclaredQueue {
    pub(super) subject: &'static str,
    pub(super) policy: QueuePolicy,
}

/// The stream of all events of a topology. It keeps an event for as long as a consumer has not acknowledged it.
pub(super) fn events(topology: &str) -> StreamConfig {
    StreamConfig {
        name: names::event_stream(topology),
        subjects: vec![format!("{topology}.event.>")],
        retention: RetentionPolicy::Interest,
        duplicate_window: DUPLICATE_WINDOW,
        ..stream()
    }
}

/// The stream of all dead letters of a topology.
pub(super) fn dead_letters(topology: &str) -> StreamConfig {
    StreamConfig {
        name: names::dead_letter_stream(topology),
        subjects: vec![format!("{topology}.dead.>")],
        retention: RetentionPolicy::Limits,
        duplicate_window: DUPLICATE_WINDOW,
        ..stream()
    }
}

/// The stream of a queue. It keeps a job until a worker has acknowledged it, and has the queue's bound.
pub(super) fn work_queue(queue: &DeclaredQueue) -> StreamConfig {
    let QueuePolicy { bound, when_full, remember, .. } = queue.policy;
    StreamConfig {
        name: names::queue_stream(queue.subject),
        subjects: vec![queue.subject.to_owned()],
        retention: RetentionPolicy::WorkQueue,
        max_messages: bound.into(),
        discard: if when_full == WhenFull::DropOldest { DiscardPolicy::Old } else { DiscardPolicy::New },
        duplicate_window: remember.unwrap_or(DUPLICATE_WINDOW),
        ..stream()
    }
}

/// The consumer of a queue, which all its workers take from.
pub(super) fn workers(queue: &DeclaredQueue) -> ConsumerConfig {
    ConsumerConfig { ack_wait: queue.policy.lease, ..consumer_of(names::WORKERS.to_owned(), queue.subject) }
}

fn stream() -> StreamConfig {
    StreamConfig {
        max_bytes: UNLIMITED,
        max_messages: UNLIMITED,
        max_messages_per_subject: UNLIMITED,
        max_consumers: -1,
        max_message_size: -1,
        // Where something is full, its publisher hears so. Nothing that was confirmed is dropped.
        discard: DiscardPolicy::New,
        storage: StorageType::File,
        num_replicas: 1,
        ..StreamConfig::default()
    }
}

/// Where a consumer begins that is created now: what was published before there was such a subscription is none of its
/// business. By its place in the stream, and not by `new`: a server that was killed while it wrote down how far a
/// consumer is begins it anew, and `new` would be behind all that it had not delivered. One that was there before, and
/// is gone, has what is still kept.
pub(super) fn beginning(must: ConsumerConfig, stream: &StreamState, was_there: bool) -> ConsumerConfig {
    match was_there {
        true => ConsumerConfig { deliver_policy: DeliverPolicy::All, ..must },
        false => ConsumerConfig {
            deliver_policy: DeliverPolicy::ByStartSequence,
            start_sequence: Some(stream.last_sequence.saturating_add(1)),
            ..must
        },
    }
}

/// The consumer of a subscription.
pub(super) fn consumer(retained: &RetainedSubscription) -> ConsumerConfig {
    ConsumerConfig {
        // In order: one after the other, whoever has it.
        max_ack_pending: if retained.policy.ordered { 1 } else { MAX_ACK_PENDING },
        ..consumer_of(names::consumer(retained.subscription), retained.subject)
    }
}

/// A durable consumer of what is published to a subject.
fn consumer_of(name: String, subject: &str) -> ConsumerConfig {
    ConsumerConfig {
        durable_name: Some(name.clone()),
        name: Some(name),
        filter_subject: subject.to_owned(),
        ack_policy: AckPolicy::Explicit,
        ack_wait: LEASE,
        // When to give up is decided in the runtime, which keeps a dead letter then. The server would only stop.
        max_deliver: UNLIMITED,
        max_ack_pending: MAX_ACK_PENDING,
        replay_policy: ReplayPolicy::Instant,
        ..ConsumerConfig::default()
    }
}

/// How a stream differs from what it has to be. Limits are the operator's, as long as none of them makes the server
/// drop something that it has confirmed.
pub(super) fn stream_differs(has: &StreamConfig, must: &StreamConfig) -> Vec<String> {
    let mut found = ConfigDifferences::default();
    let subjects = must.subjects.iter().filter(|subject| !has.subjects.contains(subject));
    for subject in subjects {
        found.say(&format!("`{subject}` is not among its subjects"));
    }
    found.compare("retention", &has.retention, &must.retention);
    found.compare("storage", &has.storage, &must.storage);
    let limited = has.max_bytes > 0 || has.max_messages > 0 || has.max_messages_per_subject > 0;
    if limited && must.discard == DiscardPolicy::New && has.discard != DiscardPolicy::New {
        found.say("it has a limit and drops the oldest (`discard: old`), where it has to refuse (`discard: new`)");
    }
    if must.retention == RetentionPolicy::WorkQueue {
        found.compare("max_msgs", &has.max_messages, &must.max_messages);
        found.compare("discard", &has.discard, &must.discard);
        found.compare("duplicate_window", &has.duplicate_window, &must.duplicate_window);
    }
    found.compare("max_age", &has.max_age, &must.max_age);
    found.compare("no_ack", &has.no_ack, &must.no_ack);
    found.compare("sealed", &has.sealed, &must.sealed);
    if has.duplicate_window < must.duplicate_window {
        let (has, must) = (has.duplicate_window, must.duplicate_window);
        found.say(&format!("`duplicate_window` is {has:?} and has to be {must:?} at least"));
    }
    found.0
}

/// How a consumer differs from what it has to be.
pub(super) fn consumer_differs(has: &ConsumerConfig, must: &ConsumerConfig) -> Vec<String> {
    let mut found = ConfigDifferences::default();
    found.compare("filter_subject", &has.filter_subject, &must.filter_subject);
    found.compare("ack_policy", &has.ack_policy, &must.ack_policy);
    found.compare("deliver_subject", &has.deliver_subject, &must.deliver_subject);
    found.compare("headers_only", &has.headers_only, &must.headers_only);
    found.compare("inactive_threshold", &has.inactive_threshold, &must.inactive_threshold);
    if has.max_deliver > 0 {
        found.say(&format!("`max_deliver` is {}, and there has to be no such limit", has.max_deliver));
    }
    if !has.backoff.is_empty() {
        found.say("it has a `backoff`, and must have none");
    }
    if has.ack_wait < must.ack_wait {
        found.say(&format!("`ack_wait` is {:?} and has to be {:?} at least", has.ack_wait, must.ack_wait));
    }
    // One at a time is what order is made of; how many otherwise is the operator's to say.
    if (has.max_ack_pending == 1) != (must.max_ack_pending == 1) {
        found.compare("max_ack_pending", &has.max_ack_pending, &must.max_ack_pending);
    }
    found.0
}

/// The differences between two stream or consumer configurations, as they are found.
#[derive(Default)]
struct ConfigDifferences(Vec<String>);

impl ConfigDifferences {
    fn say(&mut self, difference: &str) {
        self.0.push(difference.to_owned());
    }

    fn compare<T: PartialEq + std::fmt::Debug>(&mut self, setting: &str, has: &T, must: &T) {
        if has != must {
            self.say(&format!("`{setting}` is {has:?} and has to be {must:?}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_a_stream_lose_something_is_a_difference() {
        let must = events("shop");
        assert!(stream_differs(&must, &must).is_empty());
        let bounded = StreamConfig { max_bytes: 1 << 30, num_replicas: 3, ..must.clone() };
        assert!(stream_differs(&bounded, &must).is_empty(), "the operator may bound it");
        let has = StreamConfig {
            subjects: vec!["shop.event.a.v1".to_owned()],
            retention: RetentionPolicy::Limits,
            discard: DiscardPolicy::Old,
            max_age: Duration::from_secs(60),
            duplicate_window: Duration::from_secs(1),
            ..bounded
        };
        let found = stream_differs(&has, &must).join("; ");
        for part in ["shop.event.>", "`retention` is Limits", "Interest", "discard", "max_age", "duplicate_window"] {
            assert!(found.contains(part), "{part}: {found}");
        }
    }

    #[test]
    fn what_makes_a_consumer_another_one_is_a_difference() {
        let policy = SubscriptionPolicy::at_least_once();
        let retained = RetainedSubscription { subject: "shop.event.a.v1", subscription: "email.v1.greet", policy };
        let must = consumer(&retained);
        assert_eq!(must.durable_name.as_deref(), Some("email-v1-greet"));
        assert!(consumer_differs(&must, &must).is_empty());
        let ordered = consumer(&RetainedSubscription { policy: policy.ordered(), ..retained });
        assert_eq!(consumer_differs(&ordered, &must), ["`max_ack_pending` is 1 and has to be 10240"]);
        let patient = ConsumerConfig { ack_wait: LEASE * 2, max_ack_pending: 100, ..must.clone() };
        assert!(consumer_differs(&patient, &must).is_empty());
        let other = ConsumerConfig { filter_subject: "shop.event.b.v1".to_owned(), max_deliver: 3, ..must.clone() };
        let found = consumer_differs(&other, &must);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("shop.event.b.v1"));
    }
}
