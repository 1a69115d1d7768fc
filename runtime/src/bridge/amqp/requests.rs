//! Requests: published to the exchange of commands, on a channel for each command, so that what the broker refuses of
//! one ends no other. Their replies come to [`ReplyConsumer`](super::reply_consumer::ReplyConsumer).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use lapin::message::BasicReturnMessage;
use lapin::types::ShortString;
use lapin::{Channel, Confirmation};
use tokio::time::{Instant, timeout_at};

use super::attributes;
use super::confirm::{Confirm, Destination, Publication, Returns};
use super::connection::Connection;
use super::error::{AmqpError, PayloadSizes};
use super::names::name;
use super::payload_limit::PayloadLimit;
use super::publish_channel::PublishChannel;
use super::reply_consumer::ReplyConsumer;
use crate::bridge::network::wire::Outgoing;
use crate::bridge::network::{CircuitBreaker, WAIT_LIMIT};
use crate::bridge::{BridgeError, Reply, Request};
use crate::health::Health;
use crate::sync::RwLock;

/// The publisher of requests, and the consumer of their replies.
pub(super) struct Requests {
    connection: Arc<Connection>,
    pub(super) replies: Arc<ReplyConsumer>,
    source: Arc<str>,
    limit: Arc<PayloadLimit>,
    commands: RwLock<HashMap<&'static str, Arc<CommandChannel>>>,
}

/// The channel that requests for one command are published on, with its circuit breaker.
struct CommandChannel {
    channel: PublishChannel,
    circuit_breaker: CircuitBreaker,
}

/// The outcome of publishing a request for a command.
enum RequestOutcome {
    /// It is published: the reply comes, or not.
    Sent(Result<Reply, BridgeError>),
    /// The exchange was gone; nobody has it.
    Gone(AmqpError),
}

/// A request for a command, as it is published.
struct EncodedRequest<'r> {
    outgoing: Outgoing<'r>,
    body: Bytes,
    reply_to: ShortString,
}

impl Requests {
    pub(super) fn new(
        connection: &Arc<Connection>,
        replies: Arc<ReplyConsumer>,
        source: Arc<str>,
        limit: Arc<PayloadLimit>,
    ) -> Arc<Self> {
        Arc::new(Self { connection: Arc::clone(connection), replies, source, limit, commands: RwLock::default() })
    }

    fn command(&self, subject: &'static str) -> Arc<CommandChannel> {
        if let Some(command) = self.commands.read().get(subject) {
            return Arc::clone(command);
        }
        let mut commands = self.commands.write();
        let command = || {
            Arc::new(CommandChannel {
                channel: PublishChannel::new(&self.connection),
                circuit_breaker: CircuitBreaker::new(),
            })
        };
        Arc::clone(commands.entry(subject).or_insert_with(command))
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
        let command = self.command(subject);
        command.circuit_breaker.pass()?;
        let patience = deadline.min(Instant::now() + WAIT_LIMIT);
        let request = EncodedRequest { outgoing, body, reply_to: self.replies.address(patience).await? };
        let channel = timeout_at(patience, command.channel.channel()).await;
        let channel =
            channel.map_err(|_| BridgeError::Unavailable(self.connection.state.health().to_string().into()))??;
        match self.send(&command, &channel, &request).await? {
            RequestOutcome::Sent(answer) => answer,
            RequestOutcome::Gone(_) => {
                self.replies.restore().await?;
                let channel = command.channel.channel().await?;
                match self.send(&command, &channel, &request).await? {
                    RequestOutcome::Sent(answer) => answer,
                    RequestOutcome::Gone(error) => Err(error.into()),
                }
            }
        }
    }

    async fn send(
        self: &Arc<Self>,
        command: &CommandChannel,
        channel: &Channel,
        request: &EncodedRequest<'_>,
    ) -> Result<RequestOutcome, BridgeError> {
        let EncodedRequest { outgoing, body, reply_to } = request;
        let destination = Destination { exchange: self.replies.names.commands.clone(), key: name(outgoing.subject)? };
        let waiting = self.replies.pending.begin();
        let properties = attributes::transient(outgoing)
            .with_reply_to(reply_to.clone())
            .with_correlation_id(self.replies.correlation(waiting.key).into());
        let publication = Publication { destination, mandatory: true, properties, body };
        let confirm = match Confirm::publish(self, channel, publication).await {
            Ok(confirm) => confirm,
            Err(error) => return self.failed(command, error, request),
        };
        let mut answer = std::pin::pin!(waiting.answer());
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            confirmed = confirm.confirmed() => match confirmed {
                Ok(Confirmation::Ack(None) | Confirmation::NotRequested) => {
                    command.circuit_breaker.taken();
                    answer.await
                }
                Ok(Confirmation::Nack(None)) => Err(BridgeError::Unavailable("the broker could not take it".into())),
                // It need not be ours.
                Ok(Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message))) => {
                    Arc::clone(self).returned(message);
                    answer.await
                }
                Err(error) => return self.failed(command, error, request),
            },
        };
        Ok(RequestOutcome::Sent(answer))
    }

    fn failed(
        &self,
        command: &CommandChannel,
        error: lapin::Error,
        request: &EncodedRequest<'_>,
    ) -> Result<RequestOutcome, BridgeError> {
        let (subject, size) = (request.outgoing.subject, request.body.len());
        match AmqpError::from(error) {
            error @ AmqpError::Absent(_) => Ok(RequestOutcome::Gone(error)),
            AmqpError::Denied(why) => {
                command.circuit_breaker.refused(&why);
                Err(BridgeError::Denied(why.into()))
            }
            AmqpError::TooLarge(_, Some(PayloadSizes { limit, .. })) if size as u64 > limit => {
                self.limit.learn(limit);
                Err(BridgeError::TooLarge { subject: subject.to_owned(), size, limit })
            }
            // Another one was refused. Whether this one is on its way, nobody can tell.
            AmqpError::Mismatch(why) | AmqpError::TooLarge(why, _) => Err(BridgeError::Unavailable(why.into())),
            error => Err(error.into()),
        }
    }

    /// Whether it can ask, and answers can come.
    pub(super) fn health(&self) -> Health {
        let commands = self.commands.read();
        commands.values().fold(self.replies.health(), |health, command| health.and(command.circuit_breaker.health()))
    }
}

impl Returns for Requests {
    /// Nobody serves the command.
    fn returned(self: Arc<Self>, message: BasicReturnMessage) {
        self.replies.nobody(&message.delivery.properties);
    }
}
