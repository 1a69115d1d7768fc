//! What an adapter for commands, events or jobs has to do. One file per adapter below `bridge/`.
//!
//! An adapter moves messages and remembers which are not done. When to try again, when to give up and what a handler's
//! end means is decided once, in the runtime.

#[cfg(feature = "wire")]
pub(crate) mod network;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bridge::orphan::Orphan;
use crate::contract::known_subscription::KnownSubscription;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::worker_policy::WorkerPolicy;
use crate::health::{Counters, Health};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;

pub(crate) mod error;
pub(crate) mod orphan;
mod request;

pub(crate) mod pending;

#[cfg(feature = "amqp")]
pub(crate) mod amqp;
pub(crate) mod in_memory;
#[cfg(feature = "mqtt")]
pub(crate) mod mqtt;
#[cfg(feature = "nats")]
pub(crate) mod nats;
#[cfg(feature = "redis")]
mod redis;

pub use error::BridgeError;
pub use request::{Endpoint, IncomingRequest, Reply, ReplyTo, Request};

/// Carries commands and events.
///
/// What is asked for before [`connect`](Self::connect) (topics, subscriptions, commands to serve) is made or checked
/// there; messages move from then on.
pub trait EventAdapter: Send + Sync {
    /// Where events of a subject are published. Connects nothing.
    fn topic(&self, subject: &'static str) -> Arc<dyn Topic>;

    /// The messages of a subscription, of which every instance of the unit takes its share. Connects nothing.
    fn subscribe(
        &self,
        subject: &'static str,
        subscription: &'static str,
        policy: SubscriptionPolicy,
    ) -> Arc<dyn Consumer>;

    /// Has the events of a subject kept for a subscription of another unit, from the connection on: whoever starts
    /// first, none is lost. Connects nothing. Nothing to do where the broker cannot keep events for somebody else.
    fn retain_for(&self, subject: &'static str, subscription: &'static str, policy: SubscriptionPolicy) {
        let _ = (subject, subscription, policy);
    }

    /// Says which subscriptions the topology has in this environment, in whatever unit: what the broker keeps for
    /// another is an orphan. Connects nothing.
    fn know(&self, subscriptions: Arc<[KnownSubscription]>) {
        let _ = subscriptions;
    }

    /// Where requests for a command arrive, of which every instance of the unit takes its share. Connects nothing.
    fn serve(&self, subject: &'static str) -> Arc<dyn Endpoint>;

    /// Sends a request and waits for its reply. Dropped before that, it leaves nothing behind; a reply that comes all
    /// the same is counted as late.
    ///
    /// # Errors
    /// [`BridgeError::NoResponder`]: nobody serves the command, as far as the broker can tell.
    fn request(&self, request: Request) -> MaybeReady<'_, Result<Reply, BridgeError>>;

    /// Connects, and makes or checks what the broker has to have. Waits for a broker that is not there yet.
    ///
    /// # Errors
    /// What waiting does not mend: [`BridgeError::Denied`], [`BridgeError::Mismatch`].
    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>>;

    /// Takes nothing new from the broker. Consumers and endpoints end once what the process already has, and the broker
    /// does not, is handed out; what the broker can give to others goes back to it.
    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }

    /// What the broker keeps for subscriptions that the topology does not have; nothing where it keeps nothing, or
    /// where nobody has said [which there are](Self::know). Where a broker can't say what it has, this enters what the
    /// unit has declared into a register at the broker as well: it is asked at each start.
    ///
    /// # Errors
    /// [`BridgeError::Denied`]: we may not ask.
    fn orphans(&self) -> MaybeReady<'_, Result<Vec<Orphan>, BridgeError>> {
        MaybeReady::ready(Ok(Vec::new()))
    }

    /// Removes one of them; where it is said to hold nothing, only as long as that is so, if the broker can tell. Says
    /// whether it was there.
    ///
    /// # Errors
    /// [`BridgeError::Denied`]: we may not. [`BridgeError::Mismatch`]: somebody takes from it.
    fn remove_orphan(&self, orphan: Orphan) -> MaybeReady<'_, Result<bool, BridgeError>> {
        let _ = orphan;
        MaybeReady::ready(Ok(false))
    }

    /// Publishes what is under way, and disconnects. Whatever is asked of the adapter afterwards is
    /// [`BridgeError::Closed`]; closing twice is no error.
    fn close(&self) -> MaybeReady<'_, ()>;

    /// Whether it can do its work now.
    fn health(&self) -> Health {
        Health::Ready
    }

    /// What went by without anybody being told.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// Where events of one subject are published.
pub trait Topic: Send + Sync {
    /// Publishes an event; done once it is safe, as far as the adapter promises that.
    fn publish(&self, event: Message) -> MaybeReady<'_, Result<(), BridgeError>>;

    /// Whether the bridge can ever carry an event, as far as that is known without asking anybody: the outbox commits
    /// nothing that it cannot.
    ///
    /// # Errors
    /// [`BridgeError::TooLarge`], [`BridgeError::Malformed`].
    fn check(&self, event: &Message) -> Result<(), BridgeError> {
        let _ = event;
        Ok(())
    }

    /// Whether the connection that events of the subject are published on is known to be down: no question to the
    /// broker. Nothing is handed to a topic that is away, so that what was not is known not to have been sent. Rights
    /// that are missing, and whatever else the bridge has, do not count.
    fn is_away(&self) -> bool {
        false
    }
}

/// Carries jobs.
pub trait QueueAdapter: Send + Sync {
    /// A queue. Connects nothing; the same subject is the same queue.
    fn queue(&self, subject: &'static str, policy: QueuePolicy) -> Arc<dyn JobQueue>;

    /// Where a worker takes the jobs of a queue, so many at a time. Several may take from one; whoever only puts jobs
    /// in gets none. Connects nothing.
    fn worker(&self, subject: &'static str, policy: QueuePolicy, worker: WorkerPolicy) -> Arc<dyn Consumer> {
        let _ = worker;
        self.queue(subject, policy)
    }

    /// Connects, and makes or checks what the broker has to have. Waits for a broker that is not there yet.
    ///
    /// # Errors
    /// As [`EventAdapter::connect`].
    fn connect(&self) -> MaybeReady<'_, Result<(), BridgeError>>;

    /// Takes nothing new from the broker, as [`EventAdapter::drain`].
    fn drain(&self) -> MaybeReady<'_, ()> {
        MaybeReady::ready(())
    }

    /// Disconnects. Whatever is asked of the adapter afterwards is [`BridgeError::Closed`]; closing twice is no error.
    fn close(&self) -> MaybeReady<'_, ()>;

    /// Whether it can do its work now.
    fn health(&self) -> Health {
        Health::Ready
    }

    /// What went by without anybody being told.
    fn counters(&self) -> Counters {
        Counters::default()
    }
}

/// A queue of jobs.
pub trait JobQueue: Consumer {
    /// Puts a job in; done once it is safe, as far as the adapter promises that.
    fn push(&self, job: Job) -> MaybeReady<'_, Result<(), BridgeError>>;

    /// Whether the bridge can ever carry a job, as [`Topic::check`].
    ///
    /// # Errors
    /// [`BridgeError::TooLarge`], [`BridgeError::Malformed`].
    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        let _ = job;
        Ok(())
    }

    /// What the queue holds.
    fn depth(&self) -> MaybeReady<'_, Result<Depth, BridgeError>>;

    /// Whether the connection that jobs are put in on is known to be down, as [`Topic::is_away`].
    fn is_away(&self) -> bool {
        false
    }
}

/// A job on its way into a queue.
#[derive(Clone, Debug)]
pub struct Job {
    /// What is to be done.
    pub message: Message,
    /// How long it waits before a worker may have it.
    pub delay: Option<Duration>,
    /// A second job with this id within the queue's window is taken for the first.
    pub deduplication: Option<String>,
}

/// What a queue holds. `None` is what its bridge cannot tell: RabbitMQ says how many wait, and no more than that.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Depth {
    /// Jobs that a worker could have now.
    pub waiting: usize,
    /// Jobs that wait for their time: delayed, or to be tried again.
    pub delayed: Option<usize>,
    /// Jobs that workers have, and that wait in their processes to be tried again.
    pub leased: Option<usize>,
    /// How long the oldest job that waits has been waiting.
    pub age: Option<Duration>,
}

/// Where a subscription or a worker takes its messages. Several tasks may take from one consumer.
pub trait Consumer: Send + Sync {
    /// The next message; `None` once the consumer has ended. Safe to drop while it waits.
    fn next(&self) -> MaybeReady<'_, Option<Delivery>>;

    /// Says what became of a message.
    ///
    /// # Errors
    /// [`BridgeError::LeaseLost`]: it is somebody else's by now.
    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>>;

    /// How long a message is ours, if that ends by itself.
    fn lease(&self) -> Option<Duration> {
        None
    }

    /// Holds a message for another lease.
    ///
    /// # Errors
    /// [`BridgeError::LeaseLost`]: it is somebody else's by now.
    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        let _ = delivery;
        MaybeReady::ready(Ok(()))
    }

    /// A message that was not settled is about to be handled once more: done once that is counted, where the bridge
    /// counts it. Safe to drop while it waits.
    fn retried<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, ()> {
        let _ = delivery;
        MaybeReady::ready(())
    }

    /// Whether a message that was handed out and not settled is somebody else's by now, as far as the consumer knows:
    /// an attempt that begins now would be one beside another's.
    fn is_lost(&self, delivery: &Delivery) -> bool {
        let _ = delivery;
        false
    }

    /// A message that was handed out will not be settled: it is somebody else's by now.
    fn forget(&self, delivery: &Delivery) {
        let _ = delivery;
    }

    /// Whether what the consumer holds is lost with the process: a stop then finishes it, as far as the grace allows.
    fn is_volatile(&self) -> bool {
        false
    }

    /// How many messages would be lost with the process: those under way, waiting, or due again until then. What a
    /// broker keeps does not count.
    fn unfinished(&self, until: Instant) -> usize {
        let _ = until;
        0
    }

    /// What was given up, oldest first, behind so many of the oldest: as many as are looked at [in one
    /// go](crate::DeadLetters::list).
    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>>;

    /// Takes dead letters out, the oldest that are looked at in one go, or those with an id; with `replay` they are
    /// delivered anew, under their old id. Returns how many there were.
    fn clear_dead_letters(&self, id: Option<crate::Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>>;
}

/// A message that has arrived.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The message.
    pub message: Message,
    /// Which attempt this is; the first is 1.
    pub attempt: u32,
    /// What the adapter knows it by.
    pub tag: u64,
}

/// What became of a message.
#[derive(Clone, Debug)]
pub enum Settlement {
    /// Acknowledged: it is done.
    Ack,
    /// Not acknowledged: it is delivered again after a pause, as its next attempt. Others do not wait for it.
    Retry(Duration),
    /// Not acknowledged, and not attempted either: it is delivered again after a pause, and its attempt is the same.
    Postpone(Duration),
    /// Given back at once, for whoever takes it next.
    Release,
    /// Given up: it goes to the dead letters with a reason.
    DeadLetter(String),
    /// Its payload cannot be read, and there are no dead letters for it: acknowledged, and counted if it came from
    /// elsewhere.
    Malformed,
}

/// A message that was given up.
#[derive(Clone, Debug)]
pub struct DeadMessage {
    /// The message, with its metadata as they were.
    pub message: Message,
    /// Why it was given up.
    pub reason: String,
    /// How often it was tried.
    pub attempts: u32,
}
