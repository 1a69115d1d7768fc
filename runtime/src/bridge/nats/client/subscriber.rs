//! The subscriber of one subject of NATS: takes its messages, and ends the subscription.

use std::sync::Arc;

use tokio::sync::mpsc;

use crate::bridge::nats::client::message::NatsMessage;
use crate::bridge::nats::client::shared_connection::SharedConnection;

/// The subscriber of one subject: takes its messages out of their queue. Dropped, it ends the subscription.
pub(crate) struct Subscriber {
    shared: Arc<SharedConnection>,
    sid: u64,
    queue: mpsc::Receiver<NatsMessage>,
    /// Whether the server has been told to end it.
    is_over: bool,
}

impl Subscriber {
    pub(super) fn new(shared: Arc<SharedConnection>, sid: u64, queue: mpsc::Receiver<NatsMessage>) -> Self {
        Self { shared, sid, queue, is_over: false }
    }

    /// The next message; `None` once the subscription is over, or the connection lost, and nothing waits any more.
    pub(crate) async fn next(&mut self) -> Option<NatsMessage> {
        self.queue.recv().await
    }

    /// The next message, if one waits.
    pub(crate) fn next_now(&mut self) -> Option<NatsMessage> {
        self.queue.try_recv().ok()
    }

    /// Ends the subscription after so many messages in all: both sides agree on the last one, and none is lost.
    pub(crate) fn unsubscribe_after(&mut self, last: u64) {
        self.say(&format!("UNSUB {} {last}\r\n", self.sid));
        self.shared.subscriptions.remove_after(self.sid, last);
    }

    /// Ends the subscription. What the server has sent until it hears of that still comes.
    pub(crate) async fn drain(&mut self) {
        self.is_over = true;
        self.say(&format!("UNSUB {}\r\n", self.sid));
        // Where the connection is lost, nothing comes in any case.
        let _ = self.shared.flush().await;
        self.shared.subscriptions.remove(self.sid);
    }

    /// Ends the subscription at once: what comes from now on is nobody's.
    pub(crate) fn unsubscribe(&mut self) {
        self.shared.subscriptions.remove(self.sid);
        if !std::mem::replace(&mut self.is_over, true) {
            self.say(&format!("UNSUB {}\r\n", self.sid));
        }
    }

    fn say(&self, words: &str) {
        // Where too much waits, the connection ends soon, and the subscription with it.
        let _ = self.shared.outbound.say(words.as_bytes());
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.unsubscribe();
    }
}
