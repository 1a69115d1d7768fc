//! The pull requests of one live connection to a pull consumer, and the messages that come for them.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::bridge::BridgeError;
use crate::bridge::nats::ack_subject::PulledMessage;
use crate::bridge::nats::client::{NatsMessage, OutboundMessage, Subscriber, status};
use crate::bridge::nats::live_connection::LiveConnection;

/// How long the server remembers a pull request.
const EXPIRES: Duration = Duration::from_secs(30);

/// How often it says so while there are no messages.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// The pull requests of one live connection, with the inbox that their messages come to.
pub(super) struct ClientPull {
    pub(super) live: Arc<LiveConnection>,
    inbox: String,
    pub(super) subscriber: Subscriber,
    /// How many messages the server may still send of those that were asked for.
    pub(super) owed: usize,
    /// When the server last said anything, or was asked. Whoever waits may be dropped, and the next one goes on waiting
    /// from there.
    pub(super) heard: Instant,
}

/// A response to a pull request: a message of the consumer, or a status.
pub(super) enum PullResponse {
    Message(PulledMessage),
    /// A heartbeat, or the end of a pull request.
    Status,
    /// It does not serve us: there are no responders, or no such consumer.
    Refused,
}

impl ClientPull {
    pub(super) async fn open(live: Arc<LiveConnection>) -> Result<Self, BridgeError> {
        let inbox = live.another_inbox();
        let subscriber = live.client.subscribe(&inbox, None).await?;
        Ok(Self { live, inbox, subscriber, owed: 0, heard: Instant::now() })
    }

    /// Asks for so many messages more, at the consumer's subject for that.
    pub(super) async fn request(&mut self, subject: &str, messages: usize) -> Result<(), BridgeError> {
        let (expires, heartbeat) = (EXPIRES.as_nanos(), HEARTBEAT.as_nanos());
        let body = format!(r#"{{"batch":{messages},"expires":{expires},"idle_heartbeat":{heartbeat}}}"#);
        let reply = Some(&*self.inbox);
        self.live.send(OutboundMessage { subject, reply, headers: &[], payload: body.as_bytes() }).await?;
        self.owed += messages;
        self.heard = Instant::now();
        Ok(())
    }

    /// Takes in what the server has sent.
    pub(super) fn receive(&mut self, message: NatsMessage) -> PullResponse {
        self.heard = Instant::now();
        match message.status() {
            None | Some(status::OK) => {
                self.owed = self.owed.saturating_sub(1);
                PullResponse::Message(PulledMessage { message, server: Arc::clone(&self.live.server) })
            }
            Some(status::IDLE_HEARTBEAT) => PullResponse::Status,
            Some(status::TIMEOUT | status::REQUEST_TERMINATED) if unsent(&message).is_some() => {
                self.owed = self.owed.saturating_sub(unsent(&message).unwrap_or_default());
                PullResponse::Status
            }
            Some(code) => {
                self.owed = 0;
                if code == status::TIMEOUT { PullResponse::Status } else { PullResponse::Refused }
            }
        }
    }

    /// Moves messages that have come out of the client, until there are so many at most.
    pub(super) fn drain_into(&mut self, buffer: &mut VecDeque<PulledMessage>, most: usize) {
        while buffer.len() < most
            && let Some(message) = self.subscriber.next_now()
        {
            if let PullResponse::Message(pulled) = self.receive(message) {
                buffer.push_back(pulled);
            }
        }
    }
}

/// How many of the messages that were asked for are not sent any more.
fn unsent(message: &NatsMessage) -> Option<usize> {
    str::from_utf8(message.headers.lines().get("Nats-Pending-Messages")?).ok()?.parse().ok()
}
