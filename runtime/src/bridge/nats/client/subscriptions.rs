//! The subscriptions of a connection to NATS: where the messages of each go, by its number (`sid`).

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;

use crate::bridge::nats::client::message::NatsMessage;
use crate::sync::Mutex;

/// How many messages of one subscription may wait in the client: requests that nobody has begun yet. What must not be
/// lost is asked for in batches, and what may be is taken out at once.
const WAITING: usize = 8 * 1024;

/// Where the messages of a subscription go.
#[derive(Clone)]
pub(super) enum Sink {
    /// A bounded queue. What finds it full is dropped.
    Queue(mpsc::Sender<NatsMessage>),
    /// Somebody who takes them at once.
    Handover(Arc<dyn Fn(NatsMessage) + Send + Sync>),
}

impl Sink {
    pub(super) fn queue() -> (Self, mpsc::Receiver<NatsMessage>) {
        let (sender, queue) = mpsc::channel(WAITING);
        (Self::Queue(sender), queue)
    }
}

/// The subscriptions of one connection by their numbers.
#[derive(Default)]
pub(super) struct OpenSubscriptions {
    next: AtomicU64,
    overflows: AtomicU64,
    by_sid: Mutex<HashMap<u64, OpenSubscription>>,
}

/// A subscription that the server has, as far as we know.
struct OpenSubscription {
    sink: Sink,
    /// How many messages have come.
    delivered: u64,
    /// After how many it ends.
    last: Option<u64>,
}

impl OpenSubscriptions {
    /// A number for one more.
    pub(super) fn add(&self, sink: Sink) -> u64 {
        let sid = self.next.fetch_add(1, Ordering::Relaxed) + 1;
        self.by_sid.lock().insert(sid, OpenSubscription { sink, delivered: 0, last: None });
        sid
    }

    /// One is over: its queue ends behind what is in it.
    pub(super) fn remove(&self, sid: u64) {
        let removed = self.by_sid.lock().remove(&sid);
        drop(removed);
    }

    /// All are over.
    pub(super) fn clear(&self) {
        let all = std::mem::take(&mut *self.by_sid.lock());
        drop(all);
    }

    /// One is over after so many messages in all, which may have come already.
    pub(super) fn remove_after(&self, sid: u64, last: u64) {
        let mut by_sid = self.by_sid.lock();
        if let Some(open) = by_sid.get_mut(&sid) {
            open.last = Some(last);
            if open.delivered >= last {
                by_sid.remove(&sid);
            }
        }
    }

    /// A message has come.
    pub(super) fn deliver(&self, sid: u64, message: NatsMessage) {
        let mut by_sid = self.by_sid.lock();
        // Of one that is over, messages may still be on their way.
        let Some(open) = by_sid.get_mut(&sid) else { return };
        open.delivered += 1;
        if let Sink::Queue(queue) = &open.sink {
            if let Err(mpsc::error::TrySendError::Full(_)) = queue.try_send(message) {
                overflow(self.overflows.fetch_add(1, Ordering::Relaxed) + 1);
            }
            if open.last.is_some_and(|last| open.delivered >= last) {
                by_sid.remove(&sid);
            }
            return;
        }
        let sink = open.sink.clone();
        drop(by_sid);
        if let Sink::Handover(take) = sink {
            take(message);
        }
    }
}

/// Events are taken out of the client at once: what overflows are requests that wait to be served.
fn overflow(count: u64) {
    if count.is_power_of_two() {
        tracing::error!(target: "pontoon", count, "more requests wait than this process has room for: they are not served");
    }
}
