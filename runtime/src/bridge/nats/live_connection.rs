//! A live connection: one connected client with its inbox. After a loss there is another one; what lasts is in
//! `connection.rs`.

use std::fmt::Write as _;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use crate::bridge::BridgeError;
use crate::bridge::nats::ack_subject::AckKind;
use crate::bridge::nats::client::{NatsClient, OutboundMessage};
use crate::bridge::nats::server_process::ServerProcess;

/// A live connection to a server, with the inbox of this client.
#[derive(Clone)]
pub(super) struct LiveConnection {
    pub(super) client: NatsClient,
    /// The server that it is connected with.
    pub(super) server: Arc<ServerProcess>,
    /// What the inboxes begin with.
    prefix: String,
    pub(super) answers: Arc<AnswerInbox>,
}

/// The inbox that answers come to: replies, PubAcks, responses of JetStream's API.
pub(super) struct AnswerInbox {
    /// What its subjects begin with. A token for the message follows.
    pub(super) subject: String,
    /// What proves that a token is ours: whoever is asked once, sees where answers come, and may publish there.
    proof: RandomState,
}

/// The kind of answer that is expected on our inbox.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Expected {
    /// A request: an answer that nobody waits for any more is counted.
    Reply,
    /// Something else, that may be answered more than once.
    Confirmation,
}

/// An answer that is expected on our inbox, by the key of what it answers.
pub(super) struct ExpectedAnswer {
    pub(super) kind: Expected,
    pub(super) key: u64,
}

impl LiveConnection {
    /// A client, to which answers come below this prefix.
    pub(super) fn new(client: NatsClient, prefix: &str) -> Self {
        let answers = AnswerInbox { subject: format!("{}.", secret_inbox(prefix)), proof: RandomState::new() };
        let server = Arc::new(ServerProcess::new(client.server_id(), client.server_version()));
        Self { client, server, prefix: prefix.to_owned(), answers: Arc::new(answers) }
    }

    /// Whether both are of one client: one may be the other, after it was looked at what the server has.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.answers, &other.answers)
    }

    /// Whether the connection is lost, as far as the client knows.
    pub(super) fn is_lost(&self) -> bool {
        !self.client.is_connected()
    }

    /// Another inbox of this client, for messages that it asks for.
    pub(super) fn another_inbox(&self) -> String {
        secret_inbox(&self.prefix)
    }

    /// Sends a message. Done once the client has it.
    pub(super) async fn send(&self, message: OutboundMessage<'_>) -> Result<(), BridgeError> {
        self.client.send(message).await.map_err(|error| error.at(message.subject))
    }

    /// Sends a message whose answer is waited for. Done once the client has it.
    pub(super) async fn send_request(&self, message: OutboundMessage<'_>) -> Result<(), BridgeError> {
        self.client.send_request(message).await.map_err(|error| error.at(message.subject))
    }

    /// Sends an acknowledgement. Done once the client has it.
    pub(super) async fn acknowledge(&self, kind: &AckKind, subject: &str) -> Result<(), BridgeError> {
        let payload = kind.payload();
        self.send(OutboundMessage { subject, reply: None, headers: &[], payload: payload.as_bytes() }).await
    }

    /// Waits until the server has heard everything that was sent so far, and we have heard what it refuses of that.
    pub(super) async fn round_trip(&self) -> Result<(), BridgeError> {
        Ok(self.client.flush().await?)
    }
}

impl AnswerInbox {
    /// Where an answer is to come.
    pub(super) fn reply_to(&self, expected: Expected, key: u64) -> String {
        let mut subject = String::with_capacity(self.subject.len() + 40);
        subject.push_str(&self.subject);
        // A string takes whatever is written into it.
        let _ = write!(subject, "{}{key}-{:016x}", expected.letter(), self.prove(expected, key));
        subject
    }

    fn prove(&self, expected: Expected, key: u64) -> u64 {
        self.proof.hash_one((expected.letter(), key))
    }

    /// What an answer is to.
    pub(super) fn expected(&self, subject: &str) -> Option<ExpectedAnswer> {
        let token = subject.strip_prefix(&*self.subject)?;
        let (expected, rest) = [Expected::Reply, Expected::Confirmation]
            .into_iter()
            .find_map(|expected| Some((expected, token.strip_prefix(expected.letter())?)))?;
        let (key, proof) = rest.split_once('-')?;
        let key = key.parse().ok()?;
        (u64::from_str_radix(proof, 16) == Ok(self.prove(expected, key)))
            .then_some(ExpectedAnswer { kind: expected, key })
    }
}

/// An inbox that nobody can guess: whoever sees one does not know the next.
fn secret_inbox(prefix: &str) -> String {
    let secret = RandomState::new();
    format!("{prefix}.{:016x}{:016x}", secret.hash_one(0), secret.hash_one(1))
}

impl Expected {
    fn letter(self) -> char {
        match self {
            Self::Reply => 'r',
            Self::Confirmation => 'c',
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_known_by_what_only_we_can_have_written() {
        let inbox = AnswerInbox { subject: "shop.reply.ann.x.".to_owned(), proof: RandomState::new() };
        let subject = inbox.reply_to(Expected::Confirmation, 17);
        let answer = inbox.expected(&subject).unwrap();
        assert_eq!((answer.kind, answer.key), (Expected::Confirmation, 17));
        let forged =
            [subject.replace("c17", "r17"), subject.replace("c17", "c18"), subject.replace('x', "y"), String::new()];
        for forged in forged {
            assert!(inbox.expected(&forged).is_none(), "{forged}");
        }
    }
}
