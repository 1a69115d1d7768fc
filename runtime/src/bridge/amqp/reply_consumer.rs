//! The consumer of replies: of an exclusive queue, bound to the exchange of replies by its own name. It is declared
//! when a request is first sent, so that who never sends one needs no right to it, and again whenever its connection or
//! channel ends.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::StreamExt;
use lapin::message::Delivery;
use lapin::options::{BasicConsumeOptions, QueueBindOptions, QueueDeclareOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Consumer};
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::attributes;
use super::connection::Connection;
use super::declaration::{Declaration, ExchangeDeclaration, QueueDeclaration};
use super::declarations::Declarations;
use super::error::AmqpError;
use super::names::{Names, secret};
use crate::bridge::network::wire::read_reply;
use crate::bridge::network::{Reconnect, WAIT_LIMIT};
use crate::bridge::pending::Pending;
use crate::bridge::{BridgeError, Reply};
use crate::fault::FaultClass;
use crate::health::Health;
use crate::message::id::Id;
use crate::one_line::OneLine;

/// The consumer of the replies to our requests.
pub(super) struct ReplyConsumer {
    connection: Arc<Connection>,
    declarations: Arc<Declarations>,
    pub(super) names: Arc<Names>,
    state: watch::Sender<ReplyState>,
    /// How the keys of our requests begin: whoever can send replies to our address cannot guess what we have asked.
    secret: String,
    pub(super) pending: Pending,
}

/// The state of the consumer of replies.
#[derive(Clone, Debug, PartialEq)]
enum ReplyState {
    /// No request was sent yet.
    Idle,
    /// Not now.
    Down(AmqpError),
    /// They come to this address.
    Up(ShortString),
    Closed,
}

impl ReplyConsumer {
    /// `connection` is the one that consumes.
    pub(super) fn new(connection: &Arc<Connection>, declarations: &Arc<Declarations>, names: Arc<Names>) -> Arc<Self> {
        let (connection, declarations) = (Arc::clone(connection), Arc::clone(declarations));
        let state = watch::Sender::new(ReplyState::Idle);
        Arc::new(Self { connection, declarations, names, state, secret: secret(), pending: Pending::default() })
    }

    /// Where answers come; waits for that until this instant at most, and not at all where waiting does not mend it.
    pub(super) async fn address(&self, until: Instant) -> Result<ShortString, BridgeError> {
        if let ReplyState::Up(address) = &*self.state.borrow() {
            return Ok(address.clone());
        }
        self.turn(
            |state| matches!(state, ReplyState::Idle),
            ReplyState::Down(AmqpError::Away("not listening for replies yet".into())),
        );
        let mut states = self.state.subscribe();
        let settled = states.wait_for(|state| match state {
            ReplyState::Down(error) => error.is_permanent(),
            ReplyState::Up(_) | ReplyState::Closed => true,
            ReplyState::Idle => false,
        });
        let state = timeout_at(until, settled).await.map(|state| state.map(|state| state.clone()));
        match state {
            Ok(Ok(ReplyState::Up(address))) => Ok(address),
            Ok(Ok(ReplyState::Down(error))) => Err(error.into()),
            Ok(_) => Err(BridgeError::Closed),
            Err(_) => Err(BridgeError::Unavailable(self.health().to_string().into())),
        }
    }

    fn turn(&self, from: impl Fn(&ReplyState) -> bool, to: ReplyState) {
        self.state.send_if_modified(|state| {
            let turns = from(state) && *state != to;
            if turns {
                *state = to;
            }
            turns
        });
    }

    fn became(&self, state: ReplyState) {
        self.turn(|state| *state != ReplyState::Closed, state);
    }

    /// What the reply to a request is known by.
    pub(super) fn correlation(&self, key: u64) -> String {
        format!("{}{key}", self.secret)
    }

    fn key(&self, properties: &BasicProperties) -> Option<u64> {
        let correlation = properties.correlation_id().as_ref().map(ShortString::as_str)?;
        correlation.strip_prefix(&*self.secret)?.parse().ok()
    }

    /// The exchanges that requests and replies go through.
    fn required(&self) -> [Declaration; 2] {
        let Names { commands, replies, .. } = &*self.names;
        [
            Declaration::Exchange(ExchangeDeclaration::of_commands(commands.clone())),
            Declaration::Exchange(ExchangeDeclaration::of_queues(replies.clone())),
        ]
    }

    /// Has the exchanges declared or verified once more, because one was gone.
    pub(super) async fn restore(&self) -> Result<(), BridgeError> {
        let live = self.connection.ready(WAIT_LIMIT).await?;
        self.declarations.these(&live.connection, &self.required()).await.map_err(BridgeError::from)
    }

    /// Consumes from the first request on, until the connection is closed.
    pub(super) async fn keep(self: Arc<Self>) {
        // The sender lives in `self`.
        let _ = self.state.subscribe().wait_for(|state| *state != ReplyState::Idle).await;
        let mut retry = Reconnect::new("listening for replies");
        while let Ok(live) = self.connection.ready(Duration::MAX).await {
            let error = match self.open(&live.connection).await {
                Ok(consumer) => {
                    retry.succeeded();
                    self.listen(consumer).await
                }
                Err(error) => error,
            };
            self.became(ReplyState::Down(error.clone()));
            self.pending.fail(|| error.clone().into());
            // That the connection is lost is said once for all.
            if live.is_connected() {
                retry.pause(&error).await;
            }
        }
    }

    async fn open(&self, connection: &lapin::Connection) -> Result<Consumer, AmqpError> {
        self.declarations.these(connection, &self.required()).await?;
        let channel = connection.create_channel().await?;
        let QueueDeclaration { name, arguments, .. } = QueueDeclaration::of_replies(self.names.reply_queue()?);
        let options = QueueDeclareOptions { exclusive: true, auto_delete: true, ..Default::default() };
        channel.queue_declare(name.clone(), options, arguments).await?;
        let (exchange, options) = (self.names.replies.clone(), QueueBindOptions::default());
        channel.queue_bind(name.clone(), exchange, name.clone(), options, FieldTable::default()).await?;
        let options = BasicConsumeOptions { no_ack: true, exclusive: true, ..Default::default() };
        let consumer = channel.basic_consume(name.clone(), "".into(), options, FieldTable::default()).await?;
        self.became(ReplyState::Up(name));
        Ok(consumer)
    }

    /// Hands out answers while the channel lives; then says why it does not.
    async fn listen(&self, mut consumer: Consumer) -> AmqpError {
        let mut why = "the connection was lost before the reply came".to_owned();
        loop {
            match consumer.next().await {
                Some(Ok(delivery)) => self.answer(delivery),
                Some(Err(error)) => why = format!("no reply can come: {}", AmqpError::from(error)),
                None => return AmqpError::Away(why),
            }
        }
    }

    fn answer(&self, delivery: Delivery) {
        let Delivery { properties, data, .. } = delivery;
        let Some(key) = self.key(&properties) else {
            tracing::warn!(target: "pontoon", "a reply to nothing that was asked");
            return;
        };
        let reply = read_reply(Bytes::from(data), attributes::attributes(&properties)).unwrap_or_else(|malformed| {
            let id = Id::random();
            tracing::error!(target: "pontoon", fault = %id, malformed = %OneLine(&malformed), "a reply cannot be read");
            Reply::Fault { id, class: FaultClass::Malformed }
        });
        self.pending.answer(key, Ok(reply));
    }

    /// A request came back: nobody serves its command.
    pub(super) fn nobody(&self, properties: &BasicProperties) {
        if let Some(key) = self.key(properties) {
            // Which command it was, who asked knows.
            self.pending.answer(key, Err(BridgeError::NoResponder { subject: "" }));
        }
    }

    /// Whether answers can come, where something was asked.
    pub(super) fn health(&self) -> Health {
        match &*self.state.borrow() {
            ReplyState::Idle | ReplyState::Up(_) => Health::Ready,
            ReplyState::Down(error) => Health::Degraded(error.text().to_owned()),
            ReplyState::Closed => Health::Degraded("closed".to_owned()),
        }
    }

    /// Whoever still waits gets an error.
    pub(super) fn close(&self) {
        self.state.send_replace(ReplyState::Closed);
        self.pending.fail(|| BridgeError::Closed);
    }
}
