//! A queue from which messages are taken: a channel of its own with one consumer, made again whenever the broker has ended
//! it, which it does without a word to anybody who does not listen.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use futures_util::future::FutureExt;
use futures_util::stream::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Connection, Consumer};
use tokio::sync::{Mutex as AsyncMutex, Notify};
use tokio::time::timeout;

use super::known::Known;
use super::line::Line;
use super::objects::{Object, Objects};
use super::receipt::Receipt;
use super::trouble::Trouble;
use crate::bridge::remote::{Link, PREFETCH, Retry};
use crate::health::Health;

/// How long a queue may take to answer.
pub(super) const ANSWER: Duration = Duration::from_secs(10);

/// How long the broker may take to stop delivering.
const CANCEL: Duration = Duration::from_secs(2);

/// A queue from which messages are taken.
pub(super) struct Tap {
    line: Arc<Line>,
    objects: Arc<Objects>,
    queue: ShortString,
    /// What has to be there, the queue among it.
    needs: Vec<Object>,
    /// Who else there is; together they notice that the queue is gone.
    known: Arc<Known>,
    rest: Rest,
    link: Link,
    flow: RwLock<Option<Arc<Flow>>>,
    closed: AtomicBool,
    /// There is another flow, or none any more.
    changed: Notify,
    /// A flow has ended.
    ended: Notify,
}

/// What becomes of messages that have come out and are not taken when the tap is closed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Rest {
    /// They are still to be taken.
    Taken,
    /// They stay where they are, until they are given back or the connection ends.
    Left,
}

/// What comes out of it while its channel lives.
struct Flow {
    channel: Arc<Channel>,
    tag: ShortString,
    consumer: AsyncMutex<Consumer>,
}

impl Flow {
    fn lives(&self) -> bool {
        self.channel.status().connected()
    }
}

impl Tap {
    pub(super) fn new(
        (line, objects): (&Arc<Line>, &Arc<Objects>),
        (queue, needs): (ShortString, Vec<Object>),
        known: Arc<Known>,
        rest: Rest,
    ) -> Arc<Self> {
        Arc::new(Self {
            line: Arc::clone(line),
            objects: Arc::clone(objects),
            queue,
            needs,
            known,
            rest,
            link: Link::new(),
            flow: RwLock::default(),
            closed: AtomicBool::new(false),
            changed: Notify::new(),
            ended: Notify::new(),
        })
    }

    pub(super) fn is_closed(&self) -> bool {
        self.closed.load(Ordering::SeqCst)
    }

    /// The next message; `None` once the tap is closed and what had come out before is taken.
    pub(super) async fn next(&self) -> Option<(Delivery, Receipt)> {
        loop {
            let changed = self.changed.notified();
            let flow = self.flow();
            if self.is_closed() && (self.rest == Rest::Left || flow.is_none()) {
                return None;
            }
            let Some(flow) = flow else {
                changed.await;
                continue;
            };
            let next = async { flow.consumer.lock().await.next().await };
            let next = tokio::select! {
                biased;
                next = next => next,
                () = changed => continue,
            };
            match next {
                // What came before its channel ended is the broker's again.
                Some(Ok(delivery)) if flow.lives() => {
                    let receipt = Receipt::new(&flow.channel, delivery.delivery_tag);
                    return Some((delivery, receipt));
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => self.end(&flow),
            }
        }
    }

    /// Gives back what has come out and was not taken.
    pub(super) async fn give_back(&self) {
        let Some(flow) = self.flow() else { return };
        let mut consumer = flow.consumer.lock().await;
        while let Some(Some(Ok(delivery))) = consumer.next().now_or_never() {
            let receipt = Receipt::new(&flow.channel, delivery.delivery_tag);
            if receipt.give_back().is_err() {
                return;
            }
        }
    }

    fn flow(&self) -> Option<Arc<Flow>> {
        self.flow.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn end(&self, flow: &Arc<Flow>) {
        {
            let mut current = self.flow.write().unwrap_or_else(PoisonError::into_inner);
            if current.as_ref().is_some_and(|current| Arc::ptr_eq(current, flow)) {
                *current = None;
            }
        }
        self.changed.notify_waiters();
        self.ended.notify_one();
    }

    /// Opens a channel and consumes.
    pub(super) async fn open(&self) -> Result<(), Trouble> {
        // A queue whose replicas are away does not answer.
        let late = |_| Err(Trouble::Away(format!("`{}` does not answer", self.queue)));
        timeout(ANSWER, self.consume()).await.unwrap_or_else(late)
    }

    async fn consume(&self) -> Result<(), Trouble> {
        let Some(connected) = self.line.current() else {
            return Err(Trouble::Away(self.line.link.health().to_string()));
        };
        let connection = &connected.connection;
        if self.rest == Rest::Taken {
            // It is there as long as somebody consumes from it: whoever comes first makes it.
            self.objects.these(connection, &self.needs).await?;
        }
        let (channel, consumer) = match self.subscribe(connection).await {
            // It is gone since the broker was asked to have it.
            Err(Trouble::Absent(_)) => {
                self.objects.these(connection, &self.needs).await?;
                self.subscribe(connection).await?
            }
            subscribed => subscribed?,
        };
        let flow = Flow { channel: Arc::new(channel), tag: consumer.tag(), consumer: AsyncMutex::new(consumer) };
        *self.flow.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(flow));
        self.link.up();
        self.changed.notify_waiters();
        Ok(())
    }

    async fn subscribe(&self, connection: &Connection) -> Result<(Channel, Consumer), Trouble> {
        let channel = connection.create_channel().await?;
        channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let consumer = channel.basic_consume(self.queue.clone(), "".into(), options, FieldTable::default()).await?;
        Ok((channel, consumer))
    }

    /// Consumes whenever it does not, until the tap is closed.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut retry = Retry::new("consuming");
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
    async fn over(&self) -> Option<Trouble> {
        loop {
            let (stirred, changed, renewed) = (self.line.stirred(), self.changed.notified(), self.known.renewed());
            if self.is_closed() {
                return None;
            }
            let Some(flow) = self.flow() else {
                return Some(Trouble::Away("the broker has ended the consumer".to_owned()));
            };
            if !flow.lives() {
                self.end(&flow);
                return Some(Trouble::Away("the broker has closed the channel".to_owned()));
            }
            tokio::select! {
                () = stirred => {}
                () = changed => {}
                () = self.ended.notified() => {}
                // Of a queue that was deleted and made again at once, RabbitMQ does not tell those who consumed from it.
                () = renewed => {
                    self.end(&flow);
                    return Some(Trouble::Away("its queue was gone".to_owned()));
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
        let cancelled = flow.channel.basic_cancel(flow.tag.clone(), BasicCancelOptions::default());
        // Where it fails, the channel has ended. A broker that hangs is not waited for.
        let _ = timeout(CANCEL, cancelled).await;
    }

    /// Whether messages are taken.
    pub(super) fn health(&self) -> Health {
        if self.is_closed() { Health::Ready } else { self.link.health() }
    }
}
