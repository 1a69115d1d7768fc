//! Requests and their replies, which come straight back (`amq.rabbitmq.reply-to`) to the channel that asked.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream::StreamExt;
use lapin::message::{BasicReturnMessage, Delivery};
use lapin::options::{BasicConsumeOptions, ConfirmSelectOptions};
use lapin::types::{FieldTable, ShortString};
use lapin::{BasicProperties, Channel, Confirmation, Connection, Consumer};
use tokio::time::{Instant, sleep};

use super::confirm::{Confirm, Returns, Route};
use super::line::Line;
use super::objects::name;
use super::properties;
use super::trouble::Trouble;
use crate::bridge::pending::Pending;
use crate::bridge::remote::{Bar, Link, PATIENCE, Retry};
use crate::bridge::{BridgeError, Reply, Request};
use crate::fault::FaultClass;
use crate::health::Health;
use crate::id::Id;
use crate::wire::{Outgoing, read_reply};

/// The queue that is none: what is sent there comes to us.
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

/// Asks, and hands out the answers.
pub(super) struct Requests {
    line: Arc<Line>,
    source: Arc<str>,
    /// In bytes.
    largest: u64,
    link: Link,
    bar: Bar,
    channel: RwLock<Option<Arc<Channel>>>,
    pub(super) pending: Pending,
}

impl Requests {
    pub(super) fn new(line: &Arc<Line>, source: Arc<str>, largest: u64) -> Arc<Self> {
        let (link, channel, pending) = (Link::new(), RwLock::default(), Pending::default());
        Arc::new(Self { line: Arc::clone(line), source, largest, link, bar: Bar::new(), channel, pending })
    }

    /// Asks, and waits for the answer.
    pub(super) async fn ask(self: &Arc<Self>, request: Request) -> Result<Reply, BridgeError> {
        let Request { subject, message, deadline, attempt } = request;
        let outgoing = Outgoing { attempt, deadline: Some(deadline), ..Outgoing::new(subject, &message, &self.source) };
        let body = outgoing.body(self.largest)?;
        let route = Route { exchange: "".into(), key: name(subject)? };
        self.bar.pass()?;
        let channel = self.channel(deadline).await?;
        let waiting = self.pending.begin();
        let properties = properties::passing(&outgoing)?
            .with_reply_to(REPLY_TO.into())
            .with_correlation_id(waiting.key.to_string().into());
        let confirm = Confirm::publish((self, &channel), route, true, (properties, &body)).await;
        let confirm = confirm.map_err(|error| self.failed(error))?;
        let mut answer = std::pin::pin!(waiting.answer());
        let answer = tokio::select! {
            biased;
            answer = &mut answer => answer,
            word = confirm.word() => match word {
                Ok(Confirmation::Ack(None) | Confirmation::NotRequested) => {
                    self.bar.taken();
                    answer.await
                }
                Ok(Confirmation::Nack(None)) => Err(BridgeError::Unavailable("the broker could not take it".into())),
                // It need not be ours.
                Ok(Confirmation::Ack(Some(message)) | Confirmation::Nack(Some(message))) => {
                    Arc::clone(self).returned(message);
                    answer.await
                }
                Err(error) => Err(self.failed(error)),
            },
        };
        match answer {
            Err(BridgeError::NoResponder { .. }) => Err(BridgeError::NoResponder { subject }),
            answer => answer,
        }
    }

    fn failed(&self, error: lapin::Error) -> BridgeError {
        let trouble = Trouble::from(error);
        if let Trouble::Denied(why) = &trouble {
            self.bar.refused(why);
        }
        trouble.into()
    }

    /// The channel that asks, once there is one and the broker does not block us.
    async fn channel(&self, deadline: Instant) -> Result<Arc<Channel>, BridgeError> {
        loop {
            if self.line.link.is_up()
                && let Some(channel) = self.current()
            {
                return Ok(channel);
            }
            let left = deadline.saturating_duration_since(Instant::now()).min(PATIENCE);
            self.line.link.ready(left).await?;
            self.link.ready(left).await?;
            if self.current().is_none() {
                // We are the first to notice.
                sleep(Duration::from_millis(1)).await;
            }
        }
    }

    fn current(&self) -> Option<Arc<Channel>> {
        let channel = self.channel.read().unwrap_or_else(PoisonError::into_inner);
        channel.as_ref().filter(|channel| channel.status().connected()).cloned()
    }

    /// Waits until it can ask.
    pub(super) async fn ready(&self) -> Result<(), BridgeError> {
        self.link.ready(Duration::MAX).await
    }

    /// Keeps a channel that asks, until the line is closed.
    pub(super) async fn keep(self: Arc<Self>) {
        let mut retry = Retry::new("listening for replies");
        while let Ok(connected) = self.line.ready(Duration::MAX).await {
            let trouble = match self.open(&connected.connection).await {
                Ok(consumer) => {
                    retry.succeeded();
                    self.listen(consumer).await
                }
                Err(trouble) => trouble,
            };
            *self.channel.write().unwrap_or_else(PoisonError::into_inner) = None;
            self.link.down(trouble.text());
            self.pending.fail(|| trouble.clone().into());
            // That the connection is lost is said once for all.
            if connected.lives() {
                retry.pause(&trouble).await;
            }
        }
    }

    async fn open(&self, connection: &Connection) -> Result<Consumer, Trouble> {
        let channel = connection.create_channel().await?;
        channel.confirm_select(ConfirmSelectOptions::default()).await?;
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consumer = channel.basic_consume(REPLY_TO.into(), "".into(), options, FieldTable::default()).await?;
        *self.channel.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(channel));
        self.link.up();
        Ok(consumer)
    }

    /// Hands out answers while the channel lives; then says why it does not.
    async fn listen(&self, mut consumer: Consumer) -> Trouble {
        let mut why = "the connection was lost before the reply came".to_owned();
        loop {
            match consumer.next().await {
                Some(Ok(delivery)) => self.answer(delivery),
                Some(Err(error)) => why = format!("no reply can come: {}", Trouble::from(error)),
                None => return Trouble::Away(why),
            }
        }
    }

    fn answer(&self, delivery: Delivery) {
        let Delivery { properties, data, .. } = delivery;
        let Some(key) = key(&properties) else {
            tracing::debug!(target: "pontoon", "a reply to nothing that we asked");
            return;
        };
        let reply = read_reply(Bytes::from(data), properties::attributes(&properties)).unwrap_or_else(|malformed| {
            let id = Id::draw();
            tracing::error!(target: "pontoon", fault = %id, %malformed, "a reply cannot be read");
            Reply::Fault { id, class: FaultClass::Malformed }
        });
        self.pending.answer(key, Ok(reply));
    }

    /// Whether answers can come.
    pub(super) fn health(&self) -> Health {
        self.link.health().and(self.bar.health())
    }

    /// Whoever still waits gets an error.
    pub(super) fn close(&self) {
        self.link.close();
        self.pending.fail(|| BridgeError::Closed);
    }
}

fn key(properties: &BasicProperties) -> Option<u64> {
    properties.correlation_id().as_ref().map(ShortString::as_str)?.parse().ok()
}

impl Returns for Requests {
    /// Nobody serves the command.
    fn returned(self: Arc<Self>, message: BasicReturnMessage) {
        if let Some(key) = key(&message.delivery.properties) {
            // Which command it was, who asked knows.
            self.pending.answer(key, Err(BridgeError::NoResponder { subject: "" }));
        }
    }
}
