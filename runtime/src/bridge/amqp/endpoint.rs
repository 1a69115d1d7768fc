//! Where the requests for a command arrive: a queue that is there as long as somebody serves it.
//!
//! A request is taken, and acknowledged, when there is room for it: until then the broker gives it to another instance if this
//! one ends. What it waits for here is its caller's time, so it is noted when each has come.

use std::sync::Arc;

use bytes::Bytes;
use lapin::BasicProperties;
use lapin::message::Delivery;
use lapin::types::ShortString;
use tokio::sync::{Mutex as AsyncMutex, mpsc};

use super::ack_tag::AckTag;
use super::attributes;
use super::queue_consumer::{COMMAND, QueueConsumer};
use super::replies::{OutgoingReply, ReplyPublisher};
use crate::bridge::network::AtomicCounters;
use crate::bridge::network::wire::Malformed;
use crate::bridge::{BridgeError, Endpoint, IncomingRequest, Reply, ReplyTo};
use crate::maybe_ready::MaybeReady;
use crate::one_line::OneLine;

/// For how many requests there is room between the broker and who takes them, with some of channels that have ended.
const ROOM: usize = COMMAND as usize * 4;

/// Where the requests for a command arrive.
pub(super) struct AmqpEndpoint {
    subject: &'static str,
    pub(super) consumer: Arc<QueueConsumer>,
    replies: Arc<ReplyPublisher>,
    tally: Arc<AtomicCounters>,
    come: AsyncMutex<mpsc::Receiver<ReceivedRequest>>,
}

/// A request that has come, and may be another's by now.
struct ReceivedRequest {
    delivery: Delivery,
    ack_tag: AckTag,
}

impl AmqpEndpoint {
    /// With what is to run on the thread of connections until the tap is closed: no handler holds it up.
    pub(super) fn new(
        subject: &'static str,
        consumer: Arc<QueueConsumer>,
        replies: Arc<ReplyPublisher>,
        tally: Arc<AtomicCounters>,
    ) -> (Self, impl Future<Output = ()> + Send + 'static) {
        let (requests, come) = mpsc::channel(ROOM);
        let receive = receive(Arc::clone(&consumer), requests);
        (Self { subject, consumer, replies, tally, come: AsyncMutex::new(come) }, receive)
    }

    async fn take(&self) -> Option<IncomingRequest> {
        loop {
            let ReceivedRequest { delivery, ack_tag } = self.come.lock().await.recv().await?;
            // From here on nobody else gets it; or somebody does, and it is not ours.
            if ack_tag.acknowledge().is_err() {
                continue;
            }
            let reply_to = self.reply_to(&delivery.properties);
            match attributes::read_at(ack_tag.came(), &delivery.properties, delivery.data.into()) {
                Ok(incoming) => {
                    self.tally.look_at_clock(&incoming);
                    return Some(IncomingRequest { message: incoming.message, attempt: incoming.attempt, reply_to });
                }
                Err((malformed, _)) => self.refuse(&malformed, reply_to),
            }
        }
    }

    /// Where the reply goes. One that names an address which is no caller's is handled, as whoever sent it may do that, and
    /// not answered.
    fn reply_to(&self, properties: &BasicProperties) -> Option<ReplyTo> {
        let address = properties.reply_to().as_ref()?.as_str();
        if !self.replies.reaches(address) {
            self.tally.refuse_reply(self.subject, address);
            return None;
        }
        let correlation = properties.correlation_id().as_ref().map(ShortString::as_str).unwrap_or_default();
        Some(ReplyTo { address: address.to_owned(), correlation: Bytes::copy_from_slice(correlation.as_bytes()) })
    }

    /// A request that cannot be read: its caller gets a fault, if there is one who listens.
    fn refuse(&self, malformed: &Malformed, reply_to: Option<ReplyTo>) {
        let fault = self.tally.unreadable(self.subject, malformed);
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

/// Takes requests as they come. That one waits here is known to nobody but its ack_tag, which says since when.
async fn receive(consumer: Arc<QueueConsumer>, requests: mpsc::Sender<ReceivedRequest>) {
    while let Some((delivery, ack_tag)) = consumer.next().await {
        if requests.send(ReceivedRequest { delivery, ack_tag }).await.is_err() {
            return;
        }
    }
}
