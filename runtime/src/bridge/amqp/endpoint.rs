//! The endpoint of a command: the consumer of a queue that is there as long as somebody serves it.
//!
//! A request is taken, and acknowledged, when there is room for it: until then the broker gives it to another instance
//! if this one ends. What it waits for here is its caller's time, so it is noted when each has come.

use std::sync::Arc;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::types::ShortString;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::ack_tag::TaggedDelivery;
use super::attributes;
use super::queue_consumer::{COMMAND, QueueConsumer};
use super::replies::{OutgoingReply, ReplyPublisher};
use crate::bridge::network::AtomicCounters;
use crate::bridge::network::wire::{Malformed, UnreadableMessage};
use crate::bridge::{BridgeError, Endpoint, IncomingRequest, Reply, ReplyTo};
use crate::maybe_ready::MaybeReady;
use crate::one_line::OneLine;

/// For how many requests there is room between the broker and who takes them, with some of channels that have ended.
const ROOM: usize = COMMAND as usize * 4;

/// The endpoint of a command, with the consumer of its queue.
pub(super) struct AmqpEndpoint {
    subject: &'static str,
    pub(super) consumer: Arc<QueueConsumer>,
    replies: Arc<ReplyPublisher>,
    counters: Arc<AtomicCounters>,
    requests: AsyncMutex<mpsc::Receiver<TaggedDelivery>>,
}

impl AmqpEndpoint {
    /// An endpoint, and what is to run on the thread of connections until its consumer is closed: no handler holds it
    /// up.
    pub(super) fn new(
        subject: &'static str,
        consumer: Arc<QueueConsumer>,
        replies: Arc<ReplyPublisher>,
        counters: Arc<AtomicCounters>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (sender, requests) = mpsc::channel(ROOM);
        let receive = receive(Arc::clone(&consumer), sender);
        (Self { subject, consumer, replies, counters, requests: AsyncMutex::new(requests) }, receive)
    }

    async fn take(&self) -> Option<IncomingRequest> {
        loop {
            let TaggedDelivery { delivery, ack_tag } = self.requests.lock().await.recv().await?;
            // From here on nobody else gets it; or somebody does, and it is not ours.
            if ack_tag.acknowledge().is_err() {
                continue;
            }
            let reply_to = self.reply_to(&delivery.properties);
            match attributes::read_request(ack_tag.came(), &delivery.properties, delivery.data.into()) {
                Ok(incoming) => {
                    self.counters.look_at_clock(&incoming);
                    return Some(IncomingRequest { message: incoming.message, attempt: incoming.attempt, reply_to });
                }
                Err(UnreadableMessage { malformed, .. }) => self.refuse(&malformed, reply_to),
            }
        }
    }

    /// Where the reply goes. One that names an address which is no caller's is handled, as whoever sent it may do that,
    /// and not answered.
    fn reply_to(&self, properties: &BasicProperties) -> Option<ReplyTo> {
        let address = properties.reply_to().as_ref()?.as_str();
        if !self.replies.reaches(address) {
            self.counters.refuse_reply(self.subject, address);
            return None;
        }
        let correlation = properties.correlation_id().as_ref().map(ShortString::as_str).unwrap_or_default();
        Some(ReplyTo { address: address.to_owned(), correlation: Bytes::copy_from_slice(correlation.as_bytes()) })
    }

    /// A request that cannot be read: its caller gets a fault, if there is one who listens.
    fn refuse(&self, malformed: &Malformed, reply_to: Option<ReplyTo>) {
        let fault = self.counters.unreadable(self.subject, malformed);
        let Some(to) = reply_to else { return };
        // Others do not wait for it.
        let (subject, replies) = (self.subject, Arc::clone(&self.replies));
        tokio::spawn(async move {
            if let Err(error) = replies.send(OutgoingReply { subject, to, reply: fault }).await {
                tracing::warn!(target: "pontoon", subject, error = %OneLine(&error), "a reply could not be sent");
            }
        });
    }
}

impl Endpoint for AmqpEndpoint {
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>> {
        MaybeReady::boxed(self.take())
    }

    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::boxed(self.replies.send(OutgoingReply { subject: self.subject, to: to.clone(), reply }))
    }
}

/// Takes requests as they come. That one waits here is known to nobody but its delivery tag, which says since when.
async fn receive(consumer: Arc<QueueConsumer>, requests: mpsc::Sender<TaggedDelivery>) {
    while let Some(delivery) = consumer.next().await {
        if requests.send(delivery).await.is_err() {
            return;
        }
    }
}
