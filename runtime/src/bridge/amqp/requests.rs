//! Requests: published to the exchange of commands, a channel for each command, so that what the broker refuses of one ends
//! no other. Their replies come to [`ReplyConsumer`](super::reply_consumer::ReplyConsumer).

use std::collections::HashMap;
use std::sync::Arc;

use lapin::message::BasicReturnMessage;
use lapin::{Channel, Confirmation};
use tokio::time::{Instant, timeout_at};

use super::attributes;
use super::confirm::{Confirm, Destination, Returns};
use super::connection::Connection;
use super::declarations::name;
use super::error::{AmqpError, PayloadSizes};
use super::payload_limit::PayloadLimit;
use super::publish_channel::PublishChannel;
use super::reply_consumer::ReplyConsumer;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{CircuitBreaker, WAIT_LIMIT};
use crate::bridge::{BridgeError, Reply, Request};
use crate::health::Health;
use crate::sync::RwLock;

/// Asks.
pub(super) struct Requests {
    line: Arc<Connection>,
    pub(super) listening: Arc<ReplyConsumer>,
    source: Arc<str>,
    limit: Arc<PayloadLimit>,
    calls: RwLock<HashMap<&'static str, Arc<PendingCall>>>,
}

/// A command that is called.
struct PendingCall {
    pipe: PublishChannel,
    bar: CircuitBreaker,
}

/// How a request fared on its way.
enum RequestOutcome {
    /// It is on its way: the answer comes, or not.
    Done(Result<Reply, BridgeError>),
    /// The exchange was gone; nobody has it.
    Gone(AmqpError),
}

impl Requests {
    pub(super) fn new(
        line: &Arc<Connection>,
        listening: Arc<ReplyConsumer>,
        source: Arc<str>,
        limit: Arc<PayloadLimit>,
    ) -> Arc<Self> {
        Arc::new(Self { line: Arc::clone(line), listening, source, limit, calls: RwLock::default() })
    }

    fn call(&self, subject: &'static str) -> Arc<PendingCall> {
        if let Some(call) = self.calls.read().get(subject) {
            return Arc::clone(call);
        }
        let mut calls = self.calls.write();
        let call = || Arc::new(PendingCall { pipe: PublishChannel::new(&self.line, true), bar: CircuitBreaker::new() });
        Arc::clone(calls.entry(subject).or_insert_with(call))
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(self: &Arc<Self>, request: Request) -> Result<Reply, BridgeError> {
        let subject = request.subject;
        match self.deliver(request).await {
            Err(BridgeError::NoResponder { .. }) => Err(BridgeError::NoResponder { subject }),
            answer => answer,
        }
    }

    async fn deliver(self: &Arc<Self>, request: Request) -> Result<Reply, BridgeError> {
        let Request { subject, message, deadline, attempt } = request;
        let outgoing = Outgoing { attempt, deadline: Some(deadline), ..Outgoing::new(subject, &message, &self.source) };
        let body = outgoing.body(self.limit.bytes())?;
        let call = self.call(subject);
        call.bar.pass()?;
        let patience = deadline.min(Instant::now() + WAIT_LIMIT);
        let address = self.listening.address(patience).await?;
        let channel = timeout_at(patience, call.pipe.channel()).await;
        let channel = channel.map_err(|_| BridgeError::Unavailable(self.line.link.health().to_string().into()))??;
        match self.send(&call, &channel, (&outgoing, &body), address.clone()).await? {
            RequestOutcome::Done(answer) => answer,
            RequestOutcome::Gone(_) => {
                self.listening.restore().await?;
                let channel = call.pipe.channel().await?;
                match self.send(&call, &channel, (&outgoing, &body), address).await? {
                    RequestOutcome::Done(answer) => answer,
                    RequestOutcome::Gone(trouble) => Err(trouble.into()),
                }
            }
        }
    }

    async fn send(
        self: &Arc<Self>,
        call: &PendingCall,
        channel: &Channel,
        (outgoing, body): (&Outgoing<'_>, &[u8]),
        address: lapin::types::ShortString,
    ) -> Result<RequestOutcome, BridgeError> {
        let route = Destination { exchange: self.listening.names.commands.clone(), key: name(outgoing.subject)? };
        let waiting = self.listening.pending.begin();
        let properties = attributes::passing(outgoing)?
            .with_reply_to(address)
            .with_correlation_id(self.listening.correlation(waiting.key).into());
        let confirm = match Confirm::publish((self, channel), route, true, (properties, body)).await {
            Ok(confirm) => confirm,
            Err(error) => return self.failed(call, error, (outgoing.subject, body.len())),
        };
        let mut answer = std::pin::pin!(waiting.answer());
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            word = confirm.word() => match word {
                Ok(Confirmation::Ack(None) | Confirmation::NotRequested) => {
                    call.bar.taken();
                    answer.await
                }
                Ok(Confirmation::Nack(None)) => Err(BridgeError::Unavailable("the broker could not take it".into())),
                // It need not be ours.
                Ok(Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message))) => {
                    Arc::clone(self).returned(message);
                    answer.await
                }
                Err(error) => return self.failed(call, error, (outgoing.subject, body.len())),
            },
        };
        Ok(RequestOutcome::Done(answer))
    }

    fn failed(
        &self,
        call: &PendingCall,
        error: lapin::Error,
        (subject, size): (&str, usize),
    ) -> Result<RequestOutcome, BridgeError> {
        match AmqpError::from(error) {
            trouble @ AmqpError::Absent(_) => Ok(RequestOutcome::Gone(trouble)),
            AmqpError::Denied(why) => {
                call.bar.refused(&why);
                Err(BridgeError::Denied(why.into()))
            }
            AmqpError::TooLarge(_, Some(PayloadSizes { limit, .. })) if size as u64 > limit => {
                self.limit.learn(limit);
                Err(BridgeError::TooLarge { subject: subject.to_owned(), size, limit })
            }
            // Another one was refused. Whether this one is on its way, nobody can tell.
            AmqpError::Mismatch(why) | AmqpError::TooLarge(why, _) => Err(BridgeError::Unavailable(why.into())),
            trouble => Err(trouble.into()),
        }
    }

    /// Whether it can ask, and answers can come.
    pub(super) fn health(&self) -> Health {
        let calls = self.calls.read();
        calls.values().fold(self.listening.health(), |health, call| health.and(call.bar.health()))
    }
}

impl Returns for Requests {
    /// Nobody serves the command.
    fn returned(self: Arc<Self>, message: BasicReturnMessage) {
        self.listening.nobody(&message.delivery.properties);
    }
}
