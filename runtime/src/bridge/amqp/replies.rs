//! The publisher of replies to requests: to the reply queues of callers, and nowhere else, whatever address a request
//! names. No handler waits for the publisher confirm; where the broker refuses one reply, those that were lost with it
//! are published again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use lapin::options::BasicPublishOptions;
use lapin::types::ShortString;
use lapin::{Confirmation, PublisherConfirm};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::attributes::HeaderTable;
use super::connection::Connection;
use super::error::{AmqpError, PayloadSizes};
use super::payload_limit::PayloadLimit;
use super::publish_channel::PublishChannel;
use super::reply_consumer::ReplyConsumer;
use crate::bridge::network::CircuitBreaker;
use crate::bridge::network::wire::write_reply;
use crate::bridge::{BridgeError, Reply, ReplyTo};
use crate::health::Health;
use crate::net::io_thread;
use crate::one_line::OneLine;

/// For how many replies the publisher confirm may be outstanding.
const UNCONFIRMED: u32 = 1024;

/// How often a reply is sent at most.
const ATTEMPTS: u32 = 3;

/// The publisher of replies, with their publisher confirms.
pub(super) struct ReplyPublisher {
    channel: PublishChannel,
    consumer: Arc<ReplyConsumer>,
    limit: Arc<PayloadLimit>,
    circuit_breaker: CircuitBreaker,
    unconfirmed: Arc<Semaphore>,
    lost: AtomicU64,
}

/// A reply to a command, and the address of its caller.
pub(super) struct OutgoingReply {
    /// Of the command.
    pub(super) subject: &'static str,
    pub(super) to: ReplyTo,
    pub(super) reply: Reply,
}

/// The publisher confirm of a reply is to come; or it cannot.
type ReplyConfirm = lapin::Result<PublisherConfirm>;

impl ReplyPublisher {
    /// `connection` is the one that publishes.
    pub(super) fn new(connection: &Arc<Connection>, consumer: &Arc<ReplyConsumer>, limit: &Arc<PayloadLimit>) -> Self {
        let (consumer, limit) = (Arc::clone(consumer), Arc::clone(limit));
        let unconfirmed = Arc::new(Semaphore::new(UNCONFIRMED as usize));
        Self {
            channel: PublishChannel::new(connection),
            consumer,
            limit,
            circuit_breaker: CircuitBreaker::new(),
            unconfirmed,
            lost: AtomicU64::new(0),
        }
    }

    /// Whether an address is one that a caller of this topology listens at.
    pub(super) fn reaches(&self, address: &str) -> bool {
        self.consumer.names.is_reply_address(address)
    }

    /// Sends a reply; done once it is on its way.
    pub(super) async fn send(self: &Arc<Self>, answer: OutgoingReply) -> Result<(), BridgeError> {
        self.circuit_breaker.pass()?;
        let permit = Arc::clone(&self.unconfirmed).acquire_owned().await.map_err(|_| BridgeError::Closed)?;
        let sent = self.publish(&answer).await?;
        let replies = Arc::clone(self);
        io_thread::spawn(async move {
            if let Err(error) = replies.see_through(&answer, sent).await {
                replies.lost(&answer, &error);
            }
            drop(permit);
        });
        Ok(())
    }

    async fn publish(&self, answer: &OutgoingReply) -> Result<ReplyConfirm, BridgeError> {
        let OutgoingReply { subject, to, reply } = answer;
        let Ok(address) = ShortString::try_new(&*to.address) else {
            return Err(BridgeError::Unavailable("the address of a caller is too long".into()));
        };
        let channel = self.channel.channel().await?;
        let mut headers = HeaderTable::default();
        // Written anew each time: it may have been too large.
        let body = write_reply(reply.clone(), subject, self.limit.bytes(), |attribute, text| {
            headers.put(attribute, text);
        });
        let mut properties = headers.into_properties();
        if let Ok(correlation) = ShortString::try_new(String::from_utf8_lossy(&to.correlation)) {
            properties = properties.with_correlation_id(correlation);
        }
        let (exchange, options) = (self.consumer.names.replies.clone(), BasicPublishOptions::default());
        Ok(channel.basic_publish(exchange, address, options, &body, properties).await)
    }

    /// Waits for the publisher confirm, and sends a reply again where it was lost with its channel. A caller that gets
    /// it twice takes the first one.
    async fn see_through(&self, answer: &OutgoingReply, mut sent: ReplyConfirm) -> Result<(), BridgeError> {
        let mut attempts = 1;
        loop {
            let error = match confirmed(sent).await {
                Ok(()) => {
                    self.circuit_breaker.taken();
                    return Ok(());
                }
                Err(error) => error,
            };
            if attempts == ATTEMPTS {
                return Err(error.into());
            }
            attempts += 1;
            self.mend(error).await?;
            sent = self.publish(answer).await?;
        }
    }

    /// Does what is needed so that the next attempt may succeed.
    async fn mend(&self, error: AmqpError) -> Result<(), BridgeError> {
        match error {
            AmqpError::Denied(why) => {
                self.circuit_breaker.refused(&why);
                Err(BridgeError::Denied(why.into()))
            }
            // The exchange is gone.
            AmqpError::Absent(_) => self.consumer.restore().await,
            // This one, or another one on the same channel.
            AmqpError::TooLarge(_, Some(PayloadSizes { limit, .. })) => {
                self.limit.learn(limit);
                Ok(())
            }
            AmqpError::TooLarge(_, None) | AmqpError::Mismatch(_) | AmqpError::Away(_) => Ok(()),
        }
    }

    fn lost(&self, answer: &OutgoingReply, error: &BridgeError) {
        let (subject, count) = (answer.subject, self.lost.fetch_add(1, Ordering::Relaxed) + 1);
        if count.is_power_of_two() {
            tracing::warn!(target: "pontoon", subject, error = %OneLine(&error), count, "a reply was sent, and may not have arrived");
        }
    }

    /// Waits for the publisher confirms of all that was sent; for so long at most.
    pub(super) async fn flush(&self, patience: Duration) {
        // What is not confirmed by then is sent all the same, as far as this process knows.
        let _ = timeout(patience, self.unconfirmed.acquire_many(UNCONFIRMED)).await;
    }

    /// Whether it may send replies.
    pub(super) fn health(&self) -> Health {
        self.circuit_breaker.health()
    }
}

/// The publisher confirm of a reply. One whose caller has gone is taken all the same.
async fn confirmed(sent: ReplyConfirm) -> Result<(), AmqpError> {
    match sent?.await? {
        Confirmation::Nack(_) => Err(AmqpError::Away("the broker could not take it".to_owned())),
        Confirmation::Ack(_) | Confirmation::NotRequested => Ok(()),
    }
}
