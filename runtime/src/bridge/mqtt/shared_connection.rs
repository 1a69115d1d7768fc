//! The connection for what only counts while it lasts: replies, requests, events that may be lost. Everything is published on
//! it as well.

use std::sync::Arc;

use rumqttc::mqttbytes::v5::Publish;

use super::endpoint::ReceivedRequests;
use super::inbound_queue::InboundQueue;
use super::listener::Listener;
use super::live_connection::{LiveConnection, PublishOutcome};
use super::requests::ReplyReceiver;
use crate::sync::{Mutex, MutexGuard};

/// Where something goes that comes by a subscription of this connection.
pub(super) enum Recipient {
    ReplyReceiver,
    ReceivedRequests(Arc<ReceivedRequests>),
    /// Events of a subscription that handles them at most once.
    Events(Arc<InboundQueue<Publish>>),
}

/// Hands out what comes.
pub(super) struct SharedConnection {
    replies: Arc<ReplyReceiver>,
    /// Each is one more than its place.
    routes: Mutex<Vec<Recipient>>,
    line: Mutex<Option<Arc<LiveConnection>>>,
}

impl SharedConnection {
    pub(super) fn new(replies: &Arc<ReplyReceiver>) -> Self {
        Self { replies: Arc::clone(replies), routes: Mutex::default(), line: Mutex::default() }
    }

    fn routes(&self) -> MutexGuard<'_, Vec<Recipient>> {
        self.routes.lock()
    }

    fn line(&self) -> MutexGuard<'_, Option<Arc<LiveConnection>>> {
        self.line.lock()
    }

    /// Adds a route, and returns the identifier of its subscription.
    pub(super) fn add(&self, route: Recipient) -> usize {
        let mut routes = self.routes();
        routes.push(route);
        routes.len()
    }
}

impl Listener for SharedConnection {
    fn connected(&self, line: &Arc<LiveConnection>, _: bool) {
        *self.line() = Some(Arc::clone(line));
    }

    fn heard(&self, publish: Publish) -> bool {
        let identifiers = publish.properties.as_ref().map(|properties| &properties.subscription_identifiers);
        let place = identifiers.and_then(|identifiers| identifiers.first()).and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.routes().get(place).map(Recipient::shared)) {
            Some(Recipient::ReplyReceiver) => self.replies.heard(&publish),
            Some(Recipient::ReceivedRequests(calls)) => calls.heard(publish, self.line().as_deref()),
            // Who takes them notices by their numbers that there were more.
            Some(Recipient::Events(queue)) => drop(queue.offer(publish)),
            None => tracing::debug!(target: "pontoon", "a message that nobody has subscribed to"),
        }
        true
    }

    fn unanswered(&self, key: u64, verdict: PublishOutcome) {
        self.replies.unanswered(key, verdict);
    }

    fn lost(&self, why: &str) {
        *self.line() = None;
        self.replies.lost(why);
    }
}

impl Recipient {
    fn shared(&self) -> Self {
        match self {
            Self::ReplyReceiver => Self::ReplyReceiver,
            Self::ReceivedRequests(calls) => Self::ReceivedRequests(Arc::clone(calls)),
            Self::Events(queue) => Self::Events(Arc::clone(queue)),
        }
    }
}
