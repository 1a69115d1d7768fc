//! Requests: published to the subject of their command, with a reply inbox of our own.

use std::sync::Arc;

use tokio::time::Instant;

use crate::bridge::nats::attributes;
use crate::bridge::nats::client::{NatsMessage, OutboundMessage};
use crate::bridge::nats::connection::Connection;
use crate::bridge::nats::live_connection::Expected;
use crate::bridge::network::wire::{Outgoing, read_reply};
use crate::bridge::pending::Pending;
use crate::bridge::{BridgeError, Reply, Request};

/// The requests of this process, and the replies that they wait for on its inbox.
pub(super) struct Requests {
    connection: Arc<Connection>,
    pub(super) replies: Pending<NatsMessage>,
}

impl Requests {
    pub(super) fn new(connection: &Arc<Connection>) -> Self {
        Self { connection: Arc::clone(connection), replies: Pending::default() }
    }

    /// Sends a request and waits for its reply.
    pub(super) async fn request(&self, request: Request) -> Result<Reply, BridgeError> {
        let Request { subject, message, deadline, attempt } = request;
        let connection = &*self.connection;
        let mut outgoing = Outgoing::new(subject, &message, &connection.source);
        outgoing.attempt = attempt;
        outgoing.deadline = Some(deadline);
        let body = outgoing.body(connection.largest)?;
        // One that is late already is told so by those who serve it.
        let live = connection.current_or_ready(deadline.max(Instant::now())).await?;
        let waiting = self.replies.begin();
        let refusal = connection.refusals.watch(subject);
        let reply = live.answers.reply_to(Expected::Reply, waiting.key);
        let headers = attributes::write(&outgoing).finish();
        live.send_request(OutboundMessage { subject, reply: Some(&reply), headers: &headers, payload: &body }).await?;
        tokio::select! {
            biased;
            answer = waiting.answer() => {
                let answer = answer?;
                connection.refusals.lift(subject);
                read(subject, answer)
            }
            error = refusal.refused() => Err(error),
        }
    }
}

fn read(subject: &'static str, answer: NatsMessage) -> Result<Reply, BridgeError> {
    if answer.is_no_responders() {
        return Err(BridgeError::NoResponder { subject });
    }
    let NatsMessage { payload, headers, .. } = answer;
    let lines = headers.lines();
    let read = read_reply(payload, |attribute| attributes::get(&lines, attribute));
    read.map_err(|malformed| BridgeError::Unavailable(malformed.to_string().into()))
}
