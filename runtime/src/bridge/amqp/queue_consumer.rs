//! A queue from which messages are taken: a channel of its own with one consumer, made again whenever the broker has ended
//! it, which it does without a word to anybody who does not listen.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use lapin::message::Delivery as Delivered;
use lapin::types::ShortString;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::ack_tag::AckTag;
use super::channel_consumer::{ChannelConsumer, ConsumerEnd};
use super::connection::Connection;
use super::declarations::{Declaration, Declarations};
use super::error::AmqpError;
use super::subscribers::Subscribers;
use crate::bridge::network::{ConnectionState, InFlightWindow, PREFETCH, Reconnect, WindowChange};
use crate::contract::subscription_policy::SubscriptionPolicy;
use crate::health::Health;
use crate::sync::{Mutex, RwLock};

/// How long a queue may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How many requests for a command a process has that it has not taken: as many as come within a round trip to the broker where
/// handlers are fast, and no more, as others may have room for them. It cannot change while somebody serves: the queue of a
/// command is gone when its last consumer ends.
pub(super) const COMMAND: u16 = 32;

/// How long the broker may take to stop delivering.
const CANCEL: Duration = Duration::from_secs(2);

/// A queue from which messages are taken.
pub(super) struct QueueConsumer {
    line: Arc<Connection>,
    objects: Arc<Declarations>,
    queue: ShortString,
    /// What has to be there, the queue among it.
    needs: Vec<Declaration>,
    /// Who else there is; together they notice that the queue is gone.
    known: Arc<Subscribers>,
    rest: OnClose,
    share: PrefetchShare,
    /// How many it is to have, where that changes.
    wanted: Mutex<Option<WindowChange>>,
    uneven: Notify,
    link: ConnectionState,
    flow: RwLock<Option<Arc<ChannelConsumer>>>,
    /// Why the last one has ended, as the broker says.
    why: Mutex<Option<AmqpError>>,
    closed: AtomicBool,
    /// There is another flow, or none any more.
    changed: Notify,
    /// A flow has ended.
    ended: Notify,
}

/// What becomes of messages that have come out and are not taken when the tap is closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum OnClose {
    /// They are still to be taken.
    Taken,
    /// They stay where they are, until they are given back or the connection ends.
    Left,
}

/// How many messages a process has from the broker at a time.
pub(super) enum PrefetchShare {
    /// So many.
    Fixed(u16),
    /// As many as are worked off in time.
    Grows(InFlightWindow),
}

impl PrefetchShare {
    /// Of those who serve a command.
    pub(super) fn of_command() -> Self {
        Self::Fixed(COMMAND)
    }

    /// Of a subscription. Where order matters, a consumer cannot be replaced by another: the next message might go to another
    /// process while this one has those before it; and it has no more than it hands out, as each delivery to a process that
    /// dies counts. What comes at most once is acknowledged before it is handled: nothing counts its deliveries.
    pub(super) fn of_subscription(policy: SubscriptionPolicy) -> Self {
        let some = |count: u32| Self::Fixed(u16::try_from(count).unwrap_or(u16::MAX).min(PREFETCH));
        let concurrency = policy.concurrency.max(1);
        match (policy.at_most_once, policy.ordered) {
            (false, false) => Self::Grows(InFlightWindow::new(concurrency)),
            (false, true) => some(concurrency),
            (true, _) => some(concurrency.saturating_mul(16)),
        }
    }
}

impl QueueConsumer {
    pub(super) fn new(
        (line, objects): (&Arc<Connection>, &Arc<Declarations>),
        (queue, needs): (ShortString, Vec<Declaration>),
        known: Arc<Subscribers>,
        (rest, share): (OnClose, PrefetchShare),
    ) -> Arc<Self> {
        Arc::new(Self {
            line: Arc::clone(line),
            objects: Arc::clone(objects),
            queue,
            needs,
            known,
            rest,
            share,
            wanted: Mutex::default(),
            uneven: Notify::new(),
            link: ConnectionState::new(),
            flow: RwLock::default(),
            why: Mutex::default(),
            closed: AtomicBool::new(false),
            changed: Notify::new(),
            ended: Notify::new(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The next message; `None` once the tap is closed and what had come out before is taken.
    pub(super) async fn next(&self) -> Option<(Delivered, AckTag)> {
        loop {
            let mut changed = pin!(self.changed.notified());
            let flow = self.flow();
            if self.is_closed() && (self.rest == OnClose::Left || flow.is_none()) {
                return None;
            }
            let Some(flow) = flow else {
                changed.await;
                continue;
            };
            let came = tokio::select! {
                biased;
                came = flow.next() => came,
                () = &mut changed => continue,
            };
            match came {
                Ok(taken) => return Some(taken),
                Err(ConsumerEnd::Change) => changed.await,
                Err(ConsumerEnd::End(why)) => self.end(&flow, why),
            }
        }
    }

    /// A handler has had a message for so long.
    pub(super) fn handled(&self, took: Duration) {
        if let PrefetchShare::Grows(window) = &self.share {
            self.change(window.handled(took));
        }
    }

    /// So many messages wait for their next attempt.
    pub(super) fn aside(&self, count: usize) {
        if let PrefetchShare::Grows(window) = &self.share {
            self.change(window.aside(count));
        }
    }

    fn change(&self, change: Option<WindowChange>) {
        if let Some(WindowChange { now, fewer }) = change {
            {
                let mut wanted = self.wanted.lock();
                let fewer = fewer || wanted.is_some_and(|wanted| wanted.fewer);
                *wanted = Some(WindowChange { now, fewer });
            }
            self.uneven.notify_one();
        }
    }

    /// Has as many messages at a time as the window says by now.
    async fn resize(&self, flow: &Arc<ChannelConsumer>) {
        let wanted = self.wanted.lock().take();
        let Some(WindowChange { now, fewer }) = wanted else { return };
        let late = |_| Err(AmqpError::Away(format!("`{}` does not answer", self.queue)));
        match timeout(ANSWER, flow.resize(now, fewer)).await.unwrap_or_else(late) {
            Ok(()) => self.changed.notify_waiters(),
            Err(why) => self.end(flow, Some(why)),
        }
    }

    /// Gives back what has come out and was not taken.
    pub(super) async fn give_back(&self) {
        if let Some(flow) = self.flow() {
            flow.give_back().await;
        }
    }

    fn flow(&self) -> Option<Arc<ChannelConsumer>> {
        self.flow.read().clone()
    }

    fn end(&self, flow: &Arc<ChannelConsumer>, why: Option<AmqpError>) {
        if why.is_some() {
            *self.why.lock() = why;
        }
        {
            let mut current = self.flow.write();
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, flow)) {
                *current = None;
            }
        }
        self.changed.notify_waiters();
        self.ended.notify_one();
    }

    /// Opens a channel and consumes.
    pub(super) async fn open(&self) -> Result<(), AmqpError> {
        // A queue whose replicas are away does not answer.
        let late = |_| Err(AmqpError::Away(format!("`{}` does not answer", self.queue)));
        timeout(ANSWER, self.consume()).await.unwrap_or_else(late)
    }

    async fn consume(&self) -> Result<(), AmqpError> {
        let Some(connected) = self.line.current() else {
            return Err(AmqpError::Away(self.line.link.health().to_string()));
        };
        let connection = &connected.connection;
        if self.rest == OnClose::Taken {
            // It is there as long as somebody consumes from it: whoever comes first makes it.
            self.objects.these(connection, &self.needs).await?;
        }
        let at_a_time = match &self.share {
            PrefetchShare::Fixed(count) => *count,
            PrefetchShare::Grows(window) => u16::try_from(window.restart()).unwrap_or(u16::MAX),
        };
        let flow = match ChannelConsumer::open(connection, &self.queue, at_a_time).await {
            // It is gone since the broker was asked to have it.
            Err(AmqpError::Absent(_)) => {
                self.objects.these(connection, &self.needs).await?;
                ChannelConsumer::open(connection, &self.queue, at_a_time).await?
            }
            opened => opened?,
        };
        *self.flow.write() = Some(Arc::new(flow));
        self.link.up();
        self.changed.notify_waiters();
        Ok(())
    }

    /// Consumes whenever it does not, until the tap is closed.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut retry = Reconnect::new("consuming");
        while let Some(mut trouble) = self.over().await {
            loop {
                let reason = format!("`{}`: {trouble}", self.queue);
                self.link.down(&*reason);
                // That the connection is lost is said once for all.
                if self.line.current().is_some_and(|connected| connected.lives()) {
                    retry.pause(&reason).await;
                }
                if self.line.ready(Duration::MAX).await.is_err() || self.is_closed() {
                    return;
                }
                match self.open().await {
                    Ok(()) => break,
                    Err(next) => trouble = next,
                }
            }
            retry.succeeded();
        }
    }

    /// Waits until there is no flow, or one whose channel has ended; `None` where the tap is closed.
    async fn over(&self) -> Option<AmqpError> {
        loop {
            let (stirred, changed, renewed) = (self.line.stirred(), self.changed.notified(), self.known.renewed());
            if self.is_closed() {
                return None;
            }
            let Some(flow) = self.flow() else {
                let why = self.why.lock().take();
                return Some(why.unwrap_or_else(|| AmqpError::Away("the broker has ended the consumer".to_owned())));
            };
            if !flow.lives() {
                // Whoever takes from it hears the broker's reason: it comes behind what was delivered.
                let why = flow.reason();
                self.end(&flow, None);
                return Some(why.unwrap_or_else(|| AmqpError::Away("the broker has closed the channel".to_owned())));
            }
            tokio::select! {
                () = stirred => {}
                () = changed => {}
                () = self.ended.notified() => {}
                () = self.uneven.notified() => self.resize(&flow).await,
                // Of a queue that was deleted and made again at once, RabbitMQ does not tell those who consumed from it.
                () = renewed => {
                    self.end(&flow, None);
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
        let Some(flow) = self.flow() else { return };
        let cancelled = flow.cancel();
        // Where it fails, the channel has ended. A broker that hangs is not waited for.
        let _ = timeout(CANCEL, cancelled).await;
    }

    /// Whether messages are taken.
    pub(super) fn health(&self) -> Health {
        if self.is_closed() { Health::Ready } else { self.link.health() }
    }
}
