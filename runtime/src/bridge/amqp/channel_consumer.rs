//! A consumer on one channel, and another one in its place where it is to have another prefetch, which RabbitMQ lets
//! nobody change for a consumer that is there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::FutureExt;
use futures_util::stream::StreamExt;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer};
use tokio::sync::Mutex as AsyncMutex;

use super::ack_tag::{AckTag, TaggedDelivery};
use super::error::AmqpError;
use crate::sync::{Mutex, MutexGuard};

/// The consumer of a queue on one channel.
pub(super) struct ChannelConsumer {
    channel: Arc<Channel>,
    queue: ShortString,
    current: AsyncMutex<ClientConsumer>,
    tag: Mutex<ShortString>,
    /// One consumer is to end, and the next is not there yet.
    changing: AtomicBool,
    /// Those that come after this one, in order: whoever takes messages may be at those of the first when there is a
    /// third.
    successors: Mutex<VecDeque<Consumer>>,
}

/// A consumer as the client library has it.
struct ClientConsumer {
    consumer: Consumer,
    /// Its end has been seen, which comes once.
    ended: bool,
}

/// Why a consumer has no message.
pub(super) enum ConsumerEnd {
    /// There will be another consumer.
    Change,
    /// It has ended; why, where the broker says so.
    End(Option<AmqpError>),
}

impl ChannelConsumer {
    /// Consumes from a queue, on a channel of its own, with this prefetch.
    pub(super) async fn open(
        connection: &lapin::Connection,
        queue: &ShortString,
        prefetch: u16,
    ) -> Result<Self, AmqpError> {
        let channel = Arc::new(connection.create_channel().await?);
        let consumer = consume(&channel, queue, prefetch).await?;
        let (tag, queue) = (Mutex::new(consumer.tag()), queue.clone());
        let (changing, successors) = (AtomicBool::new(false), Mutex::default());
        let current = AsyncMutex::new(ClientConsumer { consumer, ended: false });
        Ok(Self { channel, queue, current, tag, changing, successors })
    }

    pub(super) fn is_open(&self) -> bool {
        self.channel.status().connected()
    }

    /// Why it has ended, once it has, as the broker says. What was delivered before is the broker's again.
    pub(super) fn reason(&self) -> Option<AmqpError> {
        let mut current = self.current.try_lock().ok()?;
        while let Some(Some(came)) = current.consumer.next().now_or_never() {
            if let Err(error) = came {
                return Some(AmqpError::from(error));
            }
        }
        None
    }

    fn successors(&self) -> MutexGuard<'_, VecDeque<Consumer>> {
        self.successors.lock()
    }

    fn tag(&self) -> ShortString {
        self.tag.lock().clone()
    }

    /// What comes next. Safe to drop while it waits.
    pub(super) async fn next(&self) -> Result<TaggedDelivery, ConsumerEnd> {
        let mut current = self.current.lock().await;
        loop {
            if !current.ended {
                match current.consumer.next().await {
                    // What came before its channel ended is the broker's again.
                    Some(Ok(delivery)) if self.is_open() => {
                        let ack_tag = AckTag::new(&self.channel, delivery.delivery_tag);
                        return Ok(TaggedDelivery { delivery, ack_tag });
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return Err(ConsumerEnd::End(Some(AmqpError::from(error)))),
                    None => current.ended = true,
                }
            }
            // Looked at first: once it is over, the next consumer is there.
            let changing = self.changing.load(Ordering::SeqCst);
            match self.successors().pop_front() {
                Some(consumer) => *current = ClientConsumer { consumer, ended: false },
                None if changing => return Err(ConsumerEnd::Change),
                None => return Err(ConsumerEnd::End(None)),
            }
        }
    }

    /// Has another prefetch from now on. In between no message comes, so that they stay in order; where it is lower,
    /// those that have come and were not taken go back.
    pub(super) async fn resize(&self, prefetch: u16, fewer: bool) -> Result<(), AmqpError> {
        self.changing.store(true, Ordering::SeqCst);
        let changed = self.change(prefetch, fewer).await;
        self.changing.store(false, Ordering::SeqCst);
        changed
    }

    async fn change(&self, prefetch: u16, fewer: bool) -> Result<(), AmqpError> {
        self.cancel().await?;
        if fewer {
            self.give_back().await;
        }
        let next = consume(&self.channel, &self.queue, prefetch).await?;
        *self.tag.lock() = next.tag();
        self.successors().push_back(next);
        Ok(())
    }

    /// Has the broker deliver nothing new.
    pub(super) async fn cancel(&self) -> Result<(), AmqpError> {
        Ok(self.channel.basic_cancel(self.tag(), BasicCancelOptions::default()).await?)
    }

    /// Gives back what has come and was not taken.
    pub(super) async fn give_back(&self) {
        let mut current = self.current.lock().await;
        loop {
            match current.consumer.next().now_or_never() {
                Some(Some(Ok(delivery))) => {
                    let ack_tag = AckTag::new(&self.channel, delivery.delivery_tag);
                    if ack_tag.give_back().is_err() {
                        return;
                    }
                    continue;
                }
                Some(None) => current.ended = true,
                Some(Some(Err(_))) | None => {}
            }
            match self.successors().pop_front() {
                Some(consumer) => *current = ClientConsumer { consumer, ended: false },
                None => return,
            }
        }
    }
}

async fn consume(channel: &Channel, queue: &ShortString, prefetch: u16) -> Result<Consumer, AmqpError> {
    channel.basic_qos(prefetch, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    Ok(channel.basic_consume(queue.clone(), "".into(), options, FieldTable::default()).await?)
}
