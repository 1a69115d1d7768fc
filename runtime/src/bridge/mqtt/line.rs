//! What can be asked of one connection, as long as that lives.

use std::sync::atomic::{AtomicU64, Ordering};

use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::{mpsc, oneshot};

use super::reason::Reason;
use super::trouble::Trouble;

/// How many orders may wait for the connection to take them; then whoever has another one waits.
const ORDERS: usize = 1024;

/// One connection, from when it is made until it is lost. What is ordered of it afterwards comes to nothing.
pub(super) struct Line {
    orders: mpsc::Sender<Order>,
    /// Unlike those of all other lines of this process.
    pub(super) number: u64,
    /// The largest packet that the broker takes, in bytes.
    pub(super) largest: u32,
}

/// What can be asked of a connection.
pub(super) enum Order {
    Publish(Publish, Word),
    /// A message is done with, by its packet identifier.
    Acknowledge(u16),
    Unsubscribe(String, oneshot::Sender<()>),
    /// Says goodbye, once all that was ordered before is written.
    Disconnect,
}

/// Who is told what the broker says of something that was published.
pub(super) enum Word {
    /// Who waits until it is on the broker's disk, as far as the broker has one.
    Safe(oneshot::Sender<Verdict>),
    /// Who waits until the broker has it.
    Taken(oneshot::Sender<Verdict>),
    /// Who waits for an answer by another way, and for the broker only if there will be none: a request, by its key.
    Asked(u64),
}

/// What became of something that was published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Verdict {
    /// The broker has it.
    Taken,
    /// The broker had nobody to give it to.
    Nobody,
    /// The broker does not take it.
    Refused(Reason),
    /// It cannot be written as MQTT has it: a text is too long, or has characters that no text may have.
    Unwritable(String),
    /// The connection was lost while it was under way: the broker may have it, or may have ended the connection because of it.
    Broken,
    /// The connection was lost before it was sent, or after the broker has acknowledged it and before it was safe.
    Lost,
}

impl Line {
    /// A line, and where its orders arrive.
    pub(super) fn new(largest: u32) -> (Self, mpsc::Receiver<Order>) {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let (orders, arrive) = mpsc::channel(ORDERS);
        (Self { orders, number: NUMBER.fetch_add(1, Ordering::Relaxed), largest }, arrive)
    }

    /// Publishes, and waits for what the broker says.
    pub(super) async fn publish(&self, publish: Publish, word: fn(oneshot::Sender<Verdict>) -> Word) -> Verdict {
        let (says, verdict) = oneshot::channel();
        match self.order(Order::Publish(publish, word(says))).await {
            Ok(()) => verdict.await.unwrap_or(Verdict::Lost),
            Err(_) => Verdict::Lost,
        }
    }

    /// Asks for something; done once it waits for its turn.
    pub(super) async fn order(&self, order: Order) -> Result<(), Trouble> {
        let gone = |_| Trouble::Away("the connection is lost".to_owned());
        self.orders.send(order).await.map_err(gone)
    }

    /// Asks for something that may as well be left out where too much waits for its turn.
    pub(super) fn suggest(&self, order: Order) {
        // Left out.
        let _ = self.orders.try_send(order);
    }
}

impl From<Reason> for Verdict {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::NO_MATCHING_SUBSCRIBERS => Self::Nobody,
            reason if reason.refusal().is_some() => Self::Refused(reason),
            _ => Self::Taken,
        }
    }
}
