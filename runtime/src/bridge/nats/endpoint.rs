//! The endpoint of one command: a queue group of all who serve it. The server takes a request that it has handed out
//! for done with, and gives it to nobody else.

use std::sync::Arc;

use bytes::Bytes;
use tokio::time::Instant;

use crate::bridge::nats::address::ANSWER;
use crate::bridge::nats::attributes;
use crate::bridge::nats::client::{HeaderWriter, NatsMessage, OutboundMessage};
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::core_subscription::CoreSubscription;
use crate::bridge::network::wire::{Incoming, Malformed, UnreadableMessage, write_reply};
use crate::bridge::{BridgeError, Endpoint, IncomingRequest, Reply, ReplyTo};
use crate::maybe_ready::MaybeReady;

/// The endpoint of one command, in the queue group of all who serve it.
pub(super) struct NatsEndpoint {
    pub(super) connection: Arc<Connection>,
    pub(super) subscription: Arc<CoreSubscription>,
}

/// What of the largest message is kept free for the headers of a reply.
const HEADERS: u64 = 1024;

impl NatsEndpoint {
    async fn next(&self) -> Option<IncomingRequest> {
        loop {
            let NatsMessage { payload, headers, reply, .. } = self.subscription.next(&self.connection.state).await?;
            let incoming = attributes::read(&headers, payload);
            let reply_to = reply.and_then(|reply| self.caller(&reply));
            match incoming {
                Ok(incoming) => {
                    self.connection.counters.look_at_clock(&incoming);
                    let Incoming { message, attempt, .. } = incoming;
                    return Some(IncomingRequest { message, attempt, reply_to });
                }
                Err(UnreadableMessage { malformed, .. }) => self.refuse(&malformed, reply_to).await,
            }
        }
    }

    /// Where a reply goes: nowhere, where the address is none of a caller's.
    fn caller(&self, address: &str) -> Option<ReplyTo> {
        let connection = &self.connection;
        if !connection.connector.address.inbox.is_callers(address) {
            connection.counters.refuse_reply(self.subscription.subject, address);
            return None;
        }
        Some(ReplyTo { address: address.to_owned(), correlation: Bytes::new() })
    }

    /// Tells the caller that its request cannot be read; or counts it, where nobody is to be told.
    async fn refuse(&self, malformed: &Malformed, reply_to: Option<ReplyTo>) {
        let fault = self.connection.counters.unreadable(self.subscription.subject, malformed);
        if let Some(to) = reply_to {
            // Who cannot be told runs out of time.
            let _ = self.send(&to, fault).await;
        }
    }

    /// Sends a reply, on the next connection where this one is lost before it is sent: its caller waits for a while.
    async fn send(&self, to: &ReplyTo, reply: Reply) -> Result<(), BridgeError> {
        let connection = &*self.connection;
        let until = Instant::now() + ANSWER;
        let mut live = connection.current_or_ready(until).await?;
        let limit = connection.largest.min(live.client.max_payload() as u64).saturating_sub(HEADERS);
        let mut headers = None;
        let put =
            |attribute, text: &str| attributes::put(headers.get_or_insert_with(HeaderWriter::new), attribute, text);
        let body = write_reply(reply, self.subscription.subject, limit, put);
        let headers = headers.map(HeaderWriter::finish).unwrap_or_default();
        let message = OutboundMessage { subject: &to.address, reply: None, headers: &headers, payload: &body };
        loop {
            match live.send(message).await {
                Err(BridgeError::Unavailable(_)) if live.is_lost() => live = connection.after(&live, until).await?,
                sent => return sent,
            }
        }
    }
}

impl Endpoint for NatsEndpoint {
    fn next(&self) -> MaybeReady<'_, Option<IncomingRequest>> {
        MaybeReady::boxed(self.next())
    }

    /// The server has pushed them to this process.
    fn has_them_all(&self) -> bool {
        true
    }

    fn answer<'a>(&'a self, to: &'a ReplyTo, reply: Reply) -> MaybeReady<'a, Result<(), BridgeError>> {
        MaybeReady::boxed(self.send(to, reply))
    }
}
