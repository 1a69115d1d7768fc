//! The connection for what only counts while it lasts: replies, requests, events that may be lost. Everything is published on
//! it as well.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rumqttc::mqttbytes::v5::Publish;

use super::ear::Ear;
use super::endpoint::Calls;
use super::line::{Line, Verdict};
use super::queue::Queue;
use super::requests::Replies;

/// Where something goes that comes by a subscription of this connection.
pub(super) enum Route {
    Replies,
    Calls(Arc<Calls>),
    /// Events of a subscription that handles them at most once.
    Events(Arc<Queue<Publish>>),
}

/// Hands out what comes.
pub(super) struct Live {
    replies: Arc<Replies>,
    /// Each is one more than its place.
    routes: Mutex<Vec<Route>>,
    line: Mutex<Option<Arc<Line>>>,
}

impl Live {
    pub(super) fn new(replies: &Arc<Replies>) -> Self {
        Self { replies: Arc::clone(replies), routes: Mutex::default(), line: Mutex::default() }
    }

    fn routes(&self) -> MutexGuard<'_, Vec<Route>> {
        self.routes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn line(&self) -> MutexGuard<'_, Option<Arc<Line>>> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a route, and returns the identifier of its subscription.
    pub(super) fn add(&self, route: Route) -> usize {
        let mut routes = self.routes();
        routes.push(route);
        routes.len()
    }
}

impl Ear for Live {
    fn connected(&self, line: &Arc<Line>, _: bool) {
        *self.line() = Some(Arc::clone(line));
    }

    fn heard(&self, publish: Publish) -> bool {
        let identifiers = publish.properties.as_ref().map(|properties| &properties.subscription_identifiers);
        let place = identifiers.and_then(|identifiers| identifiers.first()).and_then(|id| id.checked_sub(1));
        match place.and_then(|place| self.routes().get(place).map(Route::shared)) {
            Some(Route::Replies) => self.replies.heard(&publish),
            Some(Route::Calls(calls)) => calls.heard(publish, self.line().as_deref()),
            // Who takes them notices by their numbers that there were more.
            Some(Route::Events(queue)) => drop(queue.offer(publish)),
            None => tracing::debug!(target: "pontoon", "a message that nobody has subscribed to"),
        }
        true
    }

    fn unanswered(&self, key: u64, verdict: Verdict) {
        self.replies.unanswered(key, verdict);
    }

    fn lost(&self, why: &str) {
        *self.line() = None;
        self.replies.lost(why);
    }
}

impl Route {
    fn shared(&self) -> Self {
        match self {
            Self::Replies => Self::Replies,
            Self::Calls(calls) => Self::Calls(Arc::clone(calls)),
            Self::Events(queue) => Self::Events(Arc::clone(queue)),
        }
    }
}
