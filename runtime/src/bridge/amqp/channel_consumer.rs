//! What comes out of a queue while one channel lives: a consumer, and another one in its place where it is to have more or fewer
//! messages at a time, which RabbitMQ lets nobody change for a consumer that is there.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::FutureExt;
use futures_util::stream::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicCancelOptions, BasicConsumeOptions, BasicQosOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{Channel, Consumer};
use tokio::sync::Mutex as AsyncMutex;

use super::ack_tag::AckTag;
use super::error::AmqpError;
use crate::sync::{Mutex, MutexGuard};

/// What comes out of a queue while one channel lives.
pub(super) struct ChannelConsumer {
    channel: Arc<Channel>,
    queue: ShortString,
    source: AsyncMutex<ClientConsumer>,
    tag: Mutex<ShortString>,
    /// One consumer is to end, and the next is not there yet.
    changing: AtomicBool,
    /// Those that come after this one, in order: whoever takes messages may be at those of the first when there is a third.
    successors: Mutex<VecDeque<Consumer>>,
}

/// Where messages come from now.
struct ClientConsumer {
    consumer: Consumer,
    /// Its end has been seen, which comes once.
    ended: bool,
}

/// Why a flow has no message.
pub(super) enum ConsumerEnd {
    /// There will be another consumer.
    Change,
    /// It has ended; why, where the broker says so.
    End(Option<AmqpError>),
}

impl ChannelConsumer {
    /// Consumes from a queue, on a channel of its own, so many messages at a time.
    pub(super) async fn open(
        connection: &lapin::Connection,
        queue: &ShortString,
        at_a_time: u16,
    ) -> Result<Self, AmqpError> {
        let channel = Arc::new(connection.create_channel().await?);
        let consumer = consume(&channel, queue, at_a_time).await?;
        let (tag, queue) = (Mutex::new(consumer.tag()), queue.clone());
        let (changing, successors) = (AtomicBool::new(false), Mutex::default());
        let source = AsyncMutex::new(ClientConsumer { consumer, ended: false });
        Ok(Self { channel, queue, source, tag, changing, successors })
    }

    pub(super) fn lives(&self) -> bool {
        self.channel.status().connected()
    }

    /// Why it has ended, once it has, as the broker says. What was delivered before is the broker's again.
    pub(super) fn reason(&self) -> Option<AmqpError> {
        let mut source = self.source.try_lock().ok()?;
        while let Some(Some(came)) = source.consumer.next().now_or_never() {
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
    pub(super) async fn next(&self) -> Result<(Delivery, AckTag), ConsumerEnd> {
        let mut source = self.source.lock().await;
        loop {
            if !source.ended {
                match source.consumer.next().await {
                    // What came before its channel ended is the broker's again.
                    Some(Ok(delivery)) if self.lives() => {
                        let ack_tag = AckTag::new(&self.channel, delivery.delivery_tag);
                        return Ok((delivery, ack_tag));
                    }
                    Some(Ok(_)) => continue,
                    Some(Err(error)) => return Err(ConsumerEnd::End(Some(AmqpError::from(error)))),
                    None => source.ended = true,
                }
            }
            // Looked at first: once it is over, the next consumer is there.
            let changing = self.changing.load(Ordering::SeqCst);
            match self.successors().pop_front() {
                Some(consumer) => *source = ClientConsumer { consumer, ended: false },
                None if changing => return Err(ConsumerEnd::Change),
                None => return Err(ConsumerEnd::End(None)),
            }
        }
    }

    /// Has so many messages at a time from now on. In between none comes, so that they stay in order; where it is fewer, those
    /// that have come and were not taken go back.
    pub(super) async fn resize(&self, at_a_time: u16, fewer: bool) -> Result<(), AmqpError> {
        self.changing.store(true, Ordering::SeqCst);
        let changed = self.change(at_a_time, fewer).await;
        self.changing.store(false, Ordering::SeqCst);
        changed
    }

    async fn change(&self, at_a_time: u16, fewer: bool) -> Result<(), AmqpError> {
        self.cancel().await?;
        if fewer {
            self.give_back().await;
        }
        let next = consume(&self.channel, &self.queue, at_a_time).await?;
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
        let mut source = self.source.lock().await;
        loop {
            match source.consumer.next().now_or_never() {
                Some(Some(Ok(delivery))) => {
                    let ack_tag = AckTag::new(&self.channel, delivery.delivery_tag);
                    if ack_tag.give_back().is_err() {
                        return;
                    }
                    continue;
                }
                Some(None) => source.ended = true,
                Some(Some(Err(_))) | None => {}
            }
            match self.successors().pop_front() {
                Some(consumer) => *source = ClientConsumer { consumer, ended: false },
                None => return,
            }
        }
    }
}

async fn consume(channel: &Channel, queue: &ShortString, at_a_time: u16) -> Result<Consumer, AmqpError> {
    channel.basic_qos(at_a_time, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    Ok(channel.basic_consume(queue.clone(), "".into(), options, FieldTable::default()).await?)
}
