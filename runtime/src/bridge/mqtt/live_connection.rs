//! What can be asked of one connection, as long as that lives.

use std::sync::atomic::{AtomicU64, Ordering};

use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::{mpsc, oneshot};

use super::error::MqttError;
use super::reason_code::ReasonCode;

/// How many orders may wait for the connection to take them; then whoever has another one waits.
const ORDERS: usize = 1024;

/// One connection, from when it is made until it is lost. What is ordered of it afterwards comes to nothing.
pub(super) struct LiveConnection {
    orders: mpsc::Sender<ConnectionCommand>,
    /// Unlike those of all other lines of this process.
    pub(super) number: u64,
    /// The largest packet that the broker takes, in bytes.
    pub(super) largest: u32,
}

/// What can be asked of a connection.
pub(super) enum ConnectionCommand {
    Publish(Publish, PublishNotify),
    /// A message is done with, by its packet identifier.
    Acknowledge(u16),
    Unsubscribe(String, oneshot::Sender<()>),
    /// Says goodbye, once all that was ordered before is written.
    Disconnect,
}

/// Who is told what the broker says of something that was published.
pub(super) enum PublishNotify {
    /// Who waits until it is on the broker's disk, as far as the broker has one.
    Safe(oneshot::Sender<PublishOutcome>),
    /// Who waits until the broker has it.
    TakenMessage(oneshot::Sender<PublishOutcome>),
    /// Who waits for an answer by another way, and for the broker only if there will be none: a request, by its key.
    Asked(u64),
}

/// What became of something that was published.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum PublishOutcome {
    /// The broker has it.
    TakenMessage,
    /// The broker had nobody to give it to.
    Nobody,
    /// The broker does not take it.
    Refused(ReasonCode),
    /// It cannot be written as MQTT has it: a text is too long, or has characters that no text may have.
    Unwritable(String),
    /// The connection was lost while it was under way: the broker may have it, or may have ended the connection because of it.
    Broken,
    /// The connection was lost before it was sent, or after the broker has acknowledged it and before it was safe.
    Lost,
}

impl LiveConnection {
    /// A line, and where its orders arrive.
    pub(super) fn new(largest: u32) -> (Self, mpsc::Receiver<ConnectionCommand>) {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let (orders, arrive) = mpsc::channel(ORDERS);
        (Self { orders, number: NUMBER.fetch_add(1, Ordering::Relaxed), largest }, arrive)
    }

    /// Publishes, and waits for what the broker says.
    pub(super) async fn publish(
        &self,
        publish: Publish,
        word: fn(oneshot::Sender<PublishOutcome>) -> PublishNotify,
    ) -> PublishOutcome {
        let (says, verdict) = oneshot::channel();
        match self.order(ConnectionCommand::Publish(publish, word(says))).await {
            Ok(()) => verdict.await.unwrap_or(PublishOutcome::Lost),
            Err(_) => PublishOutcome::Lost,
        }
    }

    /// Asks for something; done once it waits for its turn.
    pub(super) async fn order(&self, order: ConnectionCommand) -> Result<(), MqttError> {
        let gone = |_| MqttError::Away("the connection is lost".to_owned());
        self.orders.send(order).await.map_err(gone)
    }

    /// Asks for something that may as well be left out where too much waits for its turn.
    pub(super) fn suggest(&self, order: ConnectionCommand) {
        // Left out.
        let _ = self.orders.try_send(order);
    }
}

impl From<ReasonCode> for PublishOutcome {
    fn from(reason: ReasonCode) -> Self {
        match reason {
            ReasonCode::NO_MATCHING_SUBSCRIBERS => Self::Nobody,
            reason if reason.refusal().is_some() => Self::Refused(reason),
            _ => Self::TakenMessage,
        }
    }
}
