//! A live connection: one connected client with its inbox. After a loss there is another one; what lasts is in
//! `connection.rs`.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use async_nats::client::traits::Publisher;
use async_nats::message::OutboundMessage;
use async_nats::{Client, HeaderMap, Message, PublishErrorKind, StatusCode, Subject};
use bytes::Bytes;

use crate::bridge::BridgeError;
use crate::bridge::nats::{attributes, version};

/// A live connection to a server, with the inbox of this client.
#[derive(Clone)]
pub(super) struct LiveConnection {
    pub(super) client: Client,
    /// Which one it is: another number after every loss.
    pub(super) number: u64,
    /// The server that it is connected with.
    pub(super) server: Arc<ServerProcess>,
    /// What the inboxes begin with.
    prefix: String,
    /// What the subjects begin with on which answers come. A token for the message follows.
    pub(super) inbox: String,
    /// What proves that a token is ours: whoever is asked once, sees where answers come, and may publish there.
    proof: RandomState,
}

/// The server process that hears acks, by the identifier that it gives itself.
#[derive(Debug, Eq, PartialEq)]
pub(super) struct ServerProcess {
    /// What it calls itself: another one each time it starts.
    id: String,
    /// Whether it takes the acknowledgement of a message that it has not delivered itself for one of all before it,
    /// too.
    is_misled: bool,
}

impl ServerProcess {
    fn of(client: &Client) -> Arc<Self> {
        let info = client.server_info();
        Arc::new(Self { id: info.server_id, is_misled: version::is_misled(&info.version) })
    }

    /// Whether it must not hear anything of a message that another server process has delivered.
    pub(super) fn is_misled_about(&self, deliverer: &Self) -> bool {
        self.is_misled && self.id != deliverer.id
    }
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

/// A message as it is published to a subject.
pub(super) struct WireMessage {
    pub(super) subject: Subject,
    pub(super) reply: Option<Subject>,
    pub(super) headers: Option<HeaderMap>,
    pub(super) body: Bytes,
}

impl LiveConnection {
    /// A client, to which answers come below this prefix.
    pub(super) fn new(client: Client, number: u64, prefix: &str) -> Self {
        let (inbox, server) = (format!("{}.", secret_inbox(prefix)), ServerProcess::of(&client));
        Self { client, number, server, prefix: prefix.to_owned(), inbox, proof: RandomState::new() }
    }

    /// The same client, after it has connected anew.
    pub(super) fn renewed(&self, number: u64) -> Self {
        Self { number, server: ServerProcess::of(&self.client), ..self.clone() }
    }

    /// Where an answer is to come.
    pub(super) fn reply_to(&self, expected: Expected, key: u64) -> Subject {
        format!("{}{}{key}-{:016x}", self.inbox, expected.letter(), self.prove(expected, key)).into()
    }

    fn prove(&self, expected: Expected, key: u64) -> u64 {
        self.proof.hash_one((expected.letter(), key))
    }

    /// What an answer is to.
    pub(super) fn expected(&self, subject: &str) -> Option<ExpectedAnswer> {
        let token = subject.strip_prefix(&*self.inbox)?;
        let (expected, rest) = [Expected::Reply, Expected::Confirmation]
            .into_iter()
            .find_map(|expected| Some((expected, token.strip_prefix(expected.letter())?)))?;
        let (key, proof) = rest.split_once('-')?;
        let key = key.parse().ok()?;
        (u64::from_str_radix(proof, 16) == Ok(self.prove(expected, key)))
            .then_some(ExpectedAnswer { kind: expected, key })
    }

    /// Another inbox of this client, for messages that it asks for.
    pub(super) fn another_inbox(&self) -> Subject {
        secret_inbox(&self.prefix).into()
    }

    /// Sends a message. Done once the client has it.
    pub(super) async fn send(&self, message: WireMessage) -> Result<(), BridgeError> {
        let WireMessage { subject, reply, headers, body } = message;
        let size = body.len() + headers.as_ref().map_or(0, attributes::length);
        let message = OutboundMessage { subject: subject.clone(), reply, headers, payload: body };
        self.client.publish_message(message).await.map_err(|error| match error.kind() {
            PublishErrorKind::MaxPayloadExceeded => {
                let (subject, limit) = (subject.to_string(), self.client.max_payload() as u64);
                BridgeError::TooLarge { subject, size, limit }
            }
            PublishErrorKind::Send => BridgeError::Unavailable("the connection to NATS is lost".into()),
            _ => BridgeError::Unavailable(error.into()),
        })
    }
}

/// Whether the server says that there are no responders.
pub(super) fn is_no_responders(message: &Message) -> bool {
    message.status == Some(StatusCode::NO_RESPONDERS)
}

/// An inbox that nobody can guess; those of the client library are numbered, and whoever sees one knows the next.
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
