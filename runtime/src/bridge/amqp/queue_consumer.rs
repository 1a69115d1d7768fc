//! The consumer of a queue: on a channel of its own, made again whenever the broker has ended it, which it does without
//! a word to anybody who does not listen.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lapin::types::ShortString;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::ack_tag::TaggedDelivery;
use super::channel_consumer::{ChannelConsumer, ConsumerEnd};
use super::connection::Connection;
use super::declaration::Declaration;
use super::declarations::Declarations;
use super::error::AmqpError;
use super::subscribers::Subscribers;
use crate::bridge::network::{ConnectionState, InFlightWindow, PREFETCH, Reconnect, WindowChange};
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::contract::worker_policy::WorkerPolicy;
use crate::health::Health;
use crate::sync::{Mutex, RwLock};

/// How long a queue may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// The prefetch of a command's queue: as many requests as come within a round trip to the broker where handlers are
/// fast, and no more, as others may have room for them. It cannot change while somebody serves: the queue of a command
/// is gone when its last consumer ends.
pub(super) const COMMAND: u16 = 32;

/// How long the broker may take to stop delivering.
const CANCEL: Duration = Duration::from_secs(2);

/// A queue to consume, and how.
pub(super) struct QueueConsumerConfig {
    pub(super) queue: ShortString,
    /// What the broker has to have, the queue among it.
    pub(super) declarations: Vec<Declaration>,
    /// The other subscribers of the event; together they notice that the queue is gone.
    pub(super) subscribers: Arc<Subscribers>,
    pub(super) on_close: OnClose,
    pub(super) begin: ConsumerBegin,
}

/// The kept-up consumer of a queue, across the channels that it has one after the other.
pub(super) struct QueueConsumer {
    connection: Arc<Connection>,
    declarations: Arc<Declarations>,
    config: QueueConsumerConfig,
    /// The prefetch that it is to have, where that changes.
    resized: Mutex<Option<WindowChange>>,
    resize: Notify,
    state: ConnectionState,
    consumer: RwLock<Option<Arc<ChannelConsumer>>>,
    /// Why the last one has ended, as the broker says.
    end_reason: Mutex<Option<AmqpError>>,
    closed: AtomicBool,
    /// Whether somebody takes messages.
    wanted: AtomicBool,
    demand: Notify,
    /// There is another consumer, or none any more.
    changed: Notify,
    /// A consumer has ended.
    ended: Notify,
}

/// The fate of prefetched messages when a consumer is closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OnClose {
    /// They are still to be taken.
    Drain,
    /// They stay where they are, until they are given back or the connection ends.
    Leave,
}

/// When a queue is consumed from.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Begins {
    /// From the connection on.
    AtOnce,
    /// Once somebody takes messages: others may only put some in, and would hold back what they get.
    OnDemand,
}

/// When a consumer begins, and with which prefetch.
pub(super) struct ConsumerBegin {
    begins: Begins,
    prefetch: Prefetch,
}

/// The prefetch of a consumer: how many unacknowledged messages a process has at a time.
enum Prefetch {
    /// So many.
    Fixed(u16),
    /// As many as are worked off in time.
    Grows(InFlightWindow),
}

impl ConsumerBegin {
    /// Of those who serve a command.
    pub(super) fn of_command() -> Self {
        Self { begins: Begins::AtOnce, prefetch: Prefetch::Fixed(COMMAND) }
    }

    /// Of a queue of jobs.
    pub(super) fn of_jobs() -> Self {
        Self { begins: Begins::OnDemand, prefetch: Prefetch::Grows(InFlightWindow::without_workers()) }
    }

    /// Of a subscription. Where order matters, a consumer cannot be replaced by another: the next message might go to
    /// another process while this one has those before it; and it has no more than it hands out, as each delivery to a
    /// process that dies counts. What comes at most once is acknowledged before it is handled: nothing counts its
    /// deliveries.
    pub(super) fn of_subscription(policy: SubscriptionPolicy) -> Self {
        let in_flight = policy.in_flight().max(1);
        let most = u32::from(PREFETCH).max(in_flight);
        let some = |count: u32| Prefetch::Fixed(u16::try_from(count.min(most)).unwrap_or(u16::MAX));
        let prefetch = match (policy.at_most_once, policy.ordered) {
            (false, false) => {
                let window = InFlightWindow::new(in_flight);
                if policy.batching.is_some() {
                    window.hold_steady();
                }
                Prefetch::Grows(window)
            }
            (false, true) => some(in_flight),
            (true, _) => some(in_flight.saturating_mul(16)),
        };
        Self { begins: Begins::AtOnce, prefetch }
    }
}

impl QueueConsumer {
    pub(super) fn new(
        connection: &Arc<Connection>,
        declarations: &Arc<Declarations>,
        config: QueueConsumerConfig,
    ) -> Arc<Self> {
        Arc::new(Self {
            connection: Arc::clone(connection),
            declarations: Arc::clone(declarations),
            config,
            resized: Mutex::default(),
            resize: Notify::new(),
            state: ConnectionState::new(),
            consumer: RwLock::default(),
            end_reason: Mutex::default(),
            closed: AtomicBool::new(false),
            wanted: AtomicBool::new(false),
            demand: Notify::new(),
            changed: Notify::new(),
            ended: Notify::new(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The next message; `None` once the consumer is closed and what was prefetched before is taken.
    pub(super) async fn next(&self) -> Option<TaggedDelivery> {
        if !self.wanted.swap(true, Ordering::SeqCst) {
            self.demand.notify_one();
        }
        loop {
            let mut changed = pin!(self.changed.notified());
            let consumer = self.consumer();
            if self.is_closed() && (self.config.on_close == OnClose::Leave || consumer.is_none()) {
                return None;
            }
            let Some(consumer) = consumer else {
                changed.await;
                continue;
            };
            let came = tokio::select! {
                biased;
                came = consumer.next() => came,
                () = &mut changed => continue,
            };
            match came {
                Ok(delivery) => return Some(delivery),
                Err(ConsumerEnd::Change) => changed.await,
                Err(ConsumerEnd::End(why)) => self.end(&consumer, why),
            }
        }
    }

    /// Workers take so many messages more at the same time.
    pub(super) fn add_workers(&self, worker: WorkerPolicy) {
        if let Prefetch::Grows(window) = &self.config.begin.prefetch {
            window.add(worker.in_flight());
            if worker.batching.is_some() {
                window.hold_steady();
            }
        }
    }

    /// A handler has had a message for so long.
    pub(super) fn handled(&self, took: Duration) {
        if let Prefetch::Grows(window) = &self.config.begin.prefetch {
            self.change(window.handled(took));
        }
    }

    /// So many messages wait for their next attempt.
    pub(super) fn parked(&self, count: usize) {
        if let Prefetch::Grows(window) = &self.config.begin.prefetch {
            self.change(window.parked(count));
        }
    }

    fn change(&self, change: Option<WindowChange>) {
        if let Some(WindowChange { now, fewer }) = change {
            {
                let mut resized = self.resized.lock();
                let fewer = fewer || resized.is_some_and(|resized| resized.fewer);
                *resized = Some(WindowChange { now, fewer });
            }
            self.resize.notify_one();
        }
    }

    /// Has the prefetch that the window says by now.
    async fn apply_resize(&self, consumer: &Arc<ChannelConsumer>) {
        let resized = self.resized.lock().take();
        let Some(WindowChange { now, fewer }) = resized else { return };
        let late = |_| Err(AmqpError::Away(format!("`{}` does not answer", self.config.queue)));
        match timeout(ANSWER, consumer.resize(now, fewer)).await.unwrap_or_else(late) {
            Ok(()) => self.changed.notify_waiters(),
            Err(why) => self.end(consumer, Some(why)),
        }
    }

    /// Requeues what was prefetched and not taken.
    pub(super) async fn give_back(&self) {
        if let Some(consumer) = self.consumer() {
            consumer.give_back().await;
        }
    }

    fn consumer(&self) -> Option<Arc<ChannelConsumer>> {
        self.consumer.read().clone()
    }

    fn end(&self, consumer: &Arc<ChannelConsumer>, why: Option<AmqpError>) {
        if why.is_some() {
            *self.end_reason.lock() = why;
        }
        {
            let mut current = self.consumer.write();
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, consumer)) {
                *current = None;
            }
        }
        self.changed.notify_waiters();
        self.ended.notify_one();
    }

    /// Opens a channel and consumes.
    pub(super) async fn open(&self) -> Result<(), AmqpError> {
        // A queue whose replicas are away does not answer.
        let late = |_| Err(AmqpError::Away(format!("`{}` does not answer", self.config.queue)));
        timeout(ANSWER, self.consume()).await.unwrap_or_else(late)
    }

    async fn consume(&self) -> Result<(), AmqpError> {
        let Some(live) = self.connection.current() else {
            return Err(AmqpError::Away(self.connection.state.health().to_string()));
        };
        let connection = &live.connection;
        if self.config.on_close == OnClose::Drain {
            // It is there as long as somebody consumes from it: whoever comes first makes it.
            self.declarations.these(connection, &self.config.declarations).await?;
        }
        let prefetch = match &self.config.begin.prefetch {
            Prefetch::Fixed(count) => *count,
            Prefetch::Grows(window) => u16::try_from(window.restart()).unwrap_or(u16::MAX),
        };
        let consumer = match ChannelConsumer::open(connection, &self.config.queue, prefetch).await {
            // It is gone since the broker was asked to have it.
            Err(AmqpError::Absent(_)) => {
                self.declarations.these(connection, &self.config.declarations).await?;
                ChannelConsumer::open(connection, &self.config.queue, prefetch).await?
            }
            opened => opened?,
        };
        *self.consumer.write() = Some(Arc::new(consumer));
        self.state.up();
        self.changed.notify_waiters();
        Ok(())
    }

    /// Consumes again whenever the consumer has ended, until it is closed.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut retry = Reconnect::new("consuming");
        if self.begins() == Begins::OnDemand {
            self.demand.notified().await;
            if let Err(error) = self.open().await {
                *self.end_reason.lock() = Some(error);
            }
        }
        while let Some(mut error) = self.over().await {
            loop {
                let reason = format!("`{}`: {error}", self.config.queue);
                self.state.down(&*reason);
                // That the connection is lost is said once for all.
                if self.connection.current().is_some_and(|live| live.is_connected()) {
                    retry.pause(&reason).await;
                }
                if self.connection.ready(Duration::MAX).await.is_err() || self.is_closed() {
                    return;
                }
                match self.open().await {
                    Ok(()) => break,
                    Err(next) => error = next,
                }
            }
            retry.succeeded();
        }
    }

    /// Waits until there is no consumer, or one whose channel has ended; `None` where it is closed.
    async fn over(&self) -> Option<AmqpError> {
        loop {
            let (event, changed, renewed) =
                (self.connection.event(), self.changed.notified(), self.config.subscribers.renewed());
            if self.is_closed() {
                return None;
            }
            let Some(consumer) = self.consumer() else {
                let why = self.end_reason.lock().take();
                return Some(why.unwrap_or_else(|| AmqpError::Away("the broker has ended the consumer".to_owned())));
            };
            if !consumer.is_open() {
                // Whoever takes from it hears the broker's reason: it comes behind what was delivered.
                let why = consumer.reason();
                self.end(&consumer, None);
                return Some(why.unwrap_or_else(|| AmqpError::Away("the broker has closed the channel".to_owned())));
            }
            tokio::select! {
                () = event => {}
                () = changed => {}
                () = self.ended.notified() => {}
                () = self.resize.notified() => self.apply_resize(&consumer).await,
                // Of a queue that was deleted and made again at once, RabbitMQ does not tell those who consumed from
                // it.
                () = renewed => {
                    self.end(&consumer, None);
                    return Some(AmqpError::Away("its queue was gone".to_owned()));
                }
            }
        }
    }

    /// Ends it, whatever the broker says.
    pub(super) fn shut(&self) {
        self.closed.store(true, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    /// Takes nothing new from the broker, from now on.
    pub(super) async fn close(&self) {
        self.shut();
        let Some(consumer) = self.consumer() else { return };
        let cancelled = consumer.cancel();
        // Where it fails, the channel has ended. A broker that hangs is not waited for.
        let _ = timeout(CANCEL, cancelled).await;
    }

    /// When it begins.
    pub(super) fn begins(&self) -> Begins {
        self.config.begin.begins
    }

    /// Whether messages are taken.
    pub(super) fn health(&self) -> Health {
        let is_idle = self.begins() == Begins::OnDemand && !self.wanted.load(Ordering::SeqCst);
        if self.is_closed() || is_idle { Health::Ready } else { self.state.health() }
    }
}
