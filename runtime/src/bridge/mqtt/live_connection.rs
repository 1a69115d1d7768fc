//! The live connection to the broker, and the commands of publish, acknowledge and unsubscribe that its event loop
//! takes.

use std::sync::atomic::{AtomicU64, Ordering};

use rumqttc::mqttbytes::v5::Publish;
use tokio::sync::{mpsc, oneshot};

use super::error::MqttError;
use super::reason_code::ReasonCode;

/// How many commands may wait for the event loop; then whoever has another one waits.
const COMMANDS: usize = 1024;

/// A live connection: the sender of commands to its event loop. What is sent after the connection is lost comes to
/// nothing.
pub(super) struct LiveConnection {
    commands: mpsc::Sender<ConnectionCommand>,
    /// Unlike those of all other connections of this process.
    pub(super) number: u64,
    /// The largest packet that the broker takes, in bytes.
    pub(super) largest: u32,
}

/// A command to the event loop of a connection.
pub(super) enum ConnectionCommand {
    Publish(Publish, PublishNotify),
    /// PUBACK of a message, by its packet identifier.
    Acknowledge(u16),
    /// UNSUBSCRIBE of a topic filter, and who waits for UNSUBACK.
    Unsubscribe(String, oneshot::Sender<()>),
    /// DISCONNECT, once all packets of earlier commands are written.
    Disconnect,
}

/// The waiter for the PUBACK of a publish.
pub(super) enum PublishNotify {
    /// Who waits until it is safe: on the broker's disk, as far as the broker has one.
    Safe(oneshot::Sender<PublishOutcome>),
    /// Who waits until the broker has acknowledged it.
    Acked(oneshot::Sender<PublishOutcome>),
    /// A request, by its key: its reply is waited for elsewhere, and the broker only if there will be none.
    Request(u64),
}

/// The outcome of a publish: the reason code of its PUBACK, or why there is none.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum PublishOutcome {
    /// The broker has acknowledged it.
    Acked,
    /// No matching subscribers.
    NoSubscribers,
    /// The broker does not take it.
    Refused(ReasonCode),
    /// It cannot be written as MQTT has it: a text is too long, or has characters that no text may have.
    Unwritable(String),
    /// The connection was lost while it was in flight: the broker may have it, or may have ended the connection because
    /// of it.
    Broken,
    /// The connection was lost before it was sent, or after the broker has acknowledged it and before it was safe.
    Lost,
}

impl LiveConnection {
    /// A live connection, and where its commands arrive.
    pub(super) fn new(largest: u32) -> (Self, mpsc::Receiver<ConnectionCommand>) {
        static NUMBER: AtomicU64 = AtomicU64::new(1);
        let (commands, arrive) = mpsc::channel(COMMANDS);
        (Self { commands, number: NUMBER.fetch_add(1, Ordering::Relaxed), largest }, arrive)
    }

    /// Publishes, and waits for the outcome.
    pub(super) async fn publish(
        &self,
        publish: Publish,
        notify: fn(oneshot::Sender<PublishOutcome>) -> PublishNotify,
    ) -> PublishOutcome {
        let (sender, outcome) = oneshot::channel();
        match self.send(ConnectionCommand::Publish(publish, notify(sender))).await {
            Ok(()) => outcome.await.unwrap_or(PublishOutcome::Lost),
            Err(_) => PublishOutcome::Lost,
        }
    }

    /// Sends a command; done once it waits for its turn.
    pub(super) async fn send(&self, command: ConnectionCommand) -> Result<(), MqttError> {
        let gone = |_| MqttError::Away("the connection is lost".to_owned());
        self.commands.send(command).await.map_err(gone)
    }

    /// Sends a command that may as well be left out where too many wait for their turn.
    pub(super) fn try_send(&self, command: ConnectionCommand) {
        // Left out.
        let _ = self.commands.try_send(command);
    }
}

impl From<ReasonCode> for PublishOutcome {
    fn from(reason: ReasonCode) -> Self {
        match reason {
            ReasonCode::NO_MATCHING_SUBSCRIBERS => Self::NoSubscribers,
            reason if reason.refusal().is_some() => Self::Refused(reason),
            _ => Self::Acked,
        }
    }
}
