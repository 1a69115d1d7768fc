//! The connection for what only counts while it lasts: replies, requests, events that may be lost. Everything is
//! published on it as well.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::endpoint::ReceivedRequests;
use super::inbound_queue::InboundQueue;
use super::listener::Listener;
use super::live_connection::{LiveConnection, PublishOutcome};
use super::requests::ReplyReceiver;
use crate::sync::{Mutex, MutexGuard};

/// The recipient of the messages of one topic filter.
pub(super) enum Recipient {
    Replies,
    Requests(Arc<ReceivedRequests>),
    /// Events of a subscription that handles them at most once.
    Events(Arc<InboundQueue<Publish>>),
}

/// The shared connection: hands out messages by their subscription identifiers, which tell replies, requests and events
/// apart.
pub(super) struct SharedConnection {
    replies: Arc<ReplyReceiver>,
    /// The subscription identifier of each is one more than its place.
    recipients: Mutex<Vec<Recipient>>,
    live: Mutex<Option<Arc<LiveConnection>>>,
}

impl SharedConnection {
    pub(super) fn new(replies: &Arc<ReplyReceiver>) -> Self {
        Self { replies: Arc::clone(replies), recipients: Mutex::default(), live: Mutex::default() }
    }

    fn recipients(&self) -> MutexGuard<'_, Vec<Recipient>> {
        self.recipients.lock()
    }

    fn live(&self) -> MutexGuard<'_, Option<Arc<LiveConnection>>> {
        self.live.lock()
    }

    /// Adds a recipient, and returns its subscription identifier.
    pub(super) fn add(&self, recipient: Recipient) -> usize {
        let mut recipients = self.recipients();
        recipients.push(recipient);
        recipients.len()
    }
}

impl Listener for SharedConnection {
    fn connected(&self, live: &Arc<LiveConnection>, _: bool) {
        *self.live() = Some(Arc::clone(live));
    }

    fn received(&self, publish: Publish) -> bool {
        let identifiers = publish.properties.as_ref().map(|properties| &properties.subscription_identifiers);
        let place = identifiers.and_then(|identifiers| identifiers.first()).and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.recipients().get(place).map(Recipient::shared)) {
            Some(Recipient::Replies) => self.replies.received(&publish),
            Some(Recipient::Requests(requests)) => requests.received(publish, self.live().as_deref()),
            // Who takes them notices by their numbers that there were more.
            Some(Recipient::Events(queue)) => drop(queue.offer(publish)),
            None => tracing::debug!(target: "pontoon", "a message that nobody has subscribed to"),
        }
        true
    }

    fn unanswered(&self, key: u64, outcome: PublishOutcome) {
        self.replies.unanswered(key, outcome);
    }

    fn lost(&self, why: &str) {
        *self.live() = None;
        self.replies.lost(why);
    }
}

impl Recipient {
    fn shared(&self) -> Self {
        match self {
            Self::Replies => Self::Replies,
            Self::Requests(requests) => Self::Requests(Arc::clone(requests)),
            Self::Events(queue) => Self::Events(Arc::clone(queue)),
        }
    }
}
