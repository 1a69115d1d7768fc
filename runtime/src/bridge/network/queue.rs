//! A queue of jobs at a broker: the consumer that all adapters share, and what each has of its own to put jobs in.

use std::future::Future;
use std::time::Duration;

use tokio::time::{Instant, sleep};

use crate::bridge::network::broker_subscription::BrokerSubscription;
use crate::bridge::network::consumer::NetworkConsumer;
use crate::bridge::{BridgeError, Consumer, DeadMessage, Delivery, Depth, Job, JobQueue, Settlement};
use crate::contract::policy::Backoff;
use crate::contract::queue_policy::QueuePolicy;
use crate::contract::subscription_policy::{SubscriptionPolicy, WhenFull};
use crate::maybe_ready::MaybeReady;
use crate::message::Message;
use crate::message::id::Id;

/// Between two looks for room in a queue that is full, whose senders wait.
const BACKOFF: Backoff = Backoff::new(Duration::from_millis(10), Duration::from_secs(1));

/// A queue at a broker: the part of it that each adapter has of its own, beside the [`BrokerSubscription`] of its jobs.
pub(crate) trait BrokerQueue: Send + Sync + 'static {
    /// Puts a job in; done once it is safe.
    ///
    /// # Errors
    /// [`BridgeError::Full`]: there is no room now.
    fn push(&self, job: &Job) -> impl Future<Output = Result<(), BridgeError>> + Send;

    /// Whether the bridge can ever carry a job.
    ///
    /// # Errors
    /// [`BridgeError::TooLarge`], [`BridgeError::Malformed`].
    fn check(&self, job: &Message) -> Result<(), BridgeError>;

    /// What the queue holds.
    fn depth(&self) -> impl Future<Output = Result<Depth, BridgeError>> + Send;

    /// Whether the connection that jobs are put in on is known to be down.
    fn is_away(&self) -> bool;
}

/// A queue of jobs at a broker.
pub(crate) struct NetworkQueue<S: BrokerSubscription, Q> {
    pub(crate) consumer: NetworkConsumer<S>,
    pub(crate) queue: Q,
    pub(crate) when_full: WhenFull,
}

/// The policy by which the jobs of a queue are consumed: as the events of a subscription are that must not be lost.
impl From<QueuePolicy> for SubscriptionPolicy {
    fn from(policy: QueuePolicy) -> Self {
        let QueuePolicy { attempts, backoff, dead_letter, bound, when_full, .. } = policy;
        Self { attempts, backoff, dead_letter, bound: Some(bound), when_full, ..Self::at_least_once() }
    }
}

impl<S: BrokerSubscription, Q: BrokerQueue> NetworkQueue<S, Q> {
    async fn push_when_there_is_room(&self, job: Job) -> Result<(), BridgeError> {
        let mut failures = 0;
        loop {
            match self.queue.push(&job).await {
                Err(BridgeError::Full { .. }) if self.when_full == WhenFull::Wait => {
                    failures += 1;
                    sleep(BACKOFF.after(failures)).await;
                }
                pushed => return pushed,
            }
        }
    }
}

impl<S: BrokerSubscription, Q: BrokerQueue> JobQueue for NetworkQueue<S, Q> {
    fn push(&self, job: Job) -> MaybeReady<'_, Result<(), BridgeError>> {
        MaybeReady::boxed(self.push_when_there_is_room(job))
    }

    fn check(&self, job: &Message) -> Result<(), BridgeError> {
        self.queue.check(job)
    }

    fn depth(&self) -> MaybeReady<'_, Result<Depth, BridgeError>> {
        MaybeReady::boxed(self.queue.depth())
    }

    fn is_away(&self) -> bool {
        self.queue.is_away()
    }
}

impl<S: BrokerSubscription, Q: BrokerQueue> Consumer for NetworkQueue<S, Q> {
    fn next(&self) -> MaybeReady<'_, Option<Delivery>> {
        self.consumer.next()
    }

    fn settle(&self, delivery: &Delivery, settlement: Settlement) -> MaybeReady<'_, Result<(), BridgeError>> {
        Consumer::settle(&self.consumer, delivery, settlement)
    }

    fn lease(&self) -> Option<Duration> {
        self.consumer.lease()
    }

    fn extend<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, Result<(), BridgeError>> {
        self.consumer.extend(delivery)
    }

    fn retried<'a>(&'a self, delivery: &'a Delivery) -> MaybeReady<'a, ()> {
        Consumer::retried(&self.consumer, delivery)
    }

    fn is_lost(&self, delivery: &Delivery) -> bool {
        self.consumer.is_lost(delivery)
    }

    fn forget(&self, delivery: &Delivery) {
        Consumer::forget(&self.consumer, delivery);
    }

    fn is_volatile(&self) -> bool {
        self.consumer.is_volatile()
    }

    fn unfinished(&self, until: Instant) -> usize {
        self.consumer.unfinished(until)
    }

    fn dead_letters(&self, skip: usize) -> MaybeReady<'_, Result<Vec<DeadMessage>, BridgeError>> {
        self.consumer.dead_letters(skip)
    }

    fn clear_dead_letters(&self, id: Option<Id>, replay: bool) -> MaybeReady<'_, Result<usize, BridgeError>> {
        self.consumer.clear_dead_letters(id, replay)
    }
}
