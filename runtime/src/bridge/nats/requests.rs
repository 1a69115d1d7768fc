//! Requests: to the subject of the command, with a subject of our own for the reply.

use async_nats::Message;
use tokio::time::Instant;

use crate::bridge::nats::attributes;
use crate::bridge::nats::connection::{Connection, is_no_responders};
use crate::bridge::nats::live_connection::{Expected, WireMessage};
use crate::bridge::network::wire::{Outgoing, read_reply};
use crate::bridge::{BridgeError, Reply, Request};

impl Connection {
    /// Sends a request and waits for its reply.
    pub(super) async fn request(&self, request: Request) -> Result<Reply, BridgeError> {
        let Request { subject, message, deadline, attempt } = request;
        let mut outgoing = Outgoing::new(subject, &message, &self.source);
        outgoing.attempt = attempt;
        outgoing.deadline = Some(deadline);
        let body = outgoing.body(self.largest)?;
        // One that is late already is told so by those who serve it.
        let session = self.client(deadline.max(Instant::now())).await?;
        let waiting = self.replies.begin();
        let refusal = self.refusals.watch(subject);
        let reply = Some(session.reply_to(Expected::Reply, waiting.key));
        let headers = Some(attributes::write(&outgoing));
        session.send(WireMessage { subject: subject.into(), reply, headers, body }).await?;
        tokio::select! {
            biased;
            answer = waiting.answer() => {
                let answer = answer?;
                self.refusals.lift(subject);
                read(subject, answer)
            }
            error = refusal.refused() => Err(error),
        }
    }
}

fn read(subject: &'static str, answer: Message) -> Result<Reply, BridgeError> {
    if is_no_responders(&answer) {
        return Err(BridgeError::NoResponder { subject });
    }
    let Message { payload, headers, .. } = answer;
    let read = read_reply(payload, |attribute| attributes::get(headers.as_ref(), attribute));
    read.map_err(|malformed| BridgeError::Unavailable(malformed.to_string().into()))
}
