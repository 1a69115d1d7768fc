//! RabbitMQ by lapin: an RPC over direct reply-to, publisher confirms, a quorum queue.

use super::{Limits, PREFETCH, Raw, attributes, beside};
use crate::bridges::{self, Bridge};
use crate::rounds::Error;
use crate::table::Times;
use futures_util::StreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions, QueuePurgeOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties, Consumer, ExchangeKind};
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot;

const COMMAND: &str = "raw.command";
const EXCHANGE: &str = "raw.event.posted";
const QUEUE: &str = "raw.event.posted.hear";
const REPLY_TO: &str = "amq.rabbitmq.reply-to";

const JSON: &str = "application/json";
const PERSISTENT: u8 = 2;

/// A connection to RabbitMQ.
#[derive(Clone)]
pub(crate) struct Amqp {
    connection: Arc<Connection>,
    asking: Channel,
    publishing: Channel,
    replies: Arc<Replies>,
    talks: bool,
}

/// Who waits for a reply, by its correlation id.
#[derive(Default)]
struct Replies {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, oneshot::Sender<Vec<u8>>>>,
}

impl Raw for Amqp {
    const BRIDGE: Bridge = bridges::AMQP;
    const LIMITS: Limits = Limits {
        one_at_a_time: Times { at_most: 1.15, shown: "1.15 ×" },
        in_flight: Times { at_most: 1.15, shown: "1.15 ×" },
        confirmed: Times { at_most: 1.15, shown: "1.15 ×" },
        handled: Times { at_most: 1.2, shown: "1.2 ×" },
    };
    const ASKS: &'static str = "an RPC by lapin over direct reply-to";
    const CONFIRMED: &'static str = "publisher confirms";
    const CONSUMES: &'static str = "a quorum queue";

    async fn connect(url: &str) -> Result<Self, Error> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let (asking, publishing) = (connection.create_channel().await?, connection.create_channel().await?);
        let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
        publishing.exchange_declare(EXCHANGE.into(), ExchangeKind::Fanout, durable, FieldTable::default()).await?;
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        for queue in [QUEUE, "raw.event.posted.hear.dead"] {
            publishing.queue_declare(queue.into(), durable, of_type("quorum")).await?;
        }
        let (options, arguments) = (QueueBindOptions::default(), FieldTable::default());
        publishing.queue_bind(QUEUE.into(), EXCHANGE.into(), "".into(), options, arguments).await?;
        publishing.confirm_select(ConfirmSelectOptions::default()).await?;
        let replies = Arc::<Replies>::default();
        let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
        let consumer = asking.basic_consume(REPLY_TO.into(), "".into(), options, FieldTable::default()).await?;
        beside(Arc::clone(&replies).listen(consumer));
        Ok(Self { connection: Arc::new(connection), asking, publishing, replies, talks: false })
    }

    fn talkative(&self) -> Self {
        Self { talks: true, ..self.clone() }
    }

    async fn serve(&self) -> Result<(), Error> {
        let channel = self.connection.create_channel().await?;
        let passing = QueueDeclareOptions { auto_delete: true, ..Default::default() };
        channel.queue_declare(COMMAND.into(), passing, of_type("classic")).await?;
        let mut requests = consumer(&channel, COMMAND).await?;
        beside(async move {
            while let Some(request) = requests.next().await {
                let request = request?;
                request.ack(BasicAckOptions::default()).await?;
                let letter: Letter = serde_json::from_slice(&request.data)?;
                let properties = &request.properties;
                if let (Some(to), Some(correlation)) = (properties.reply_to(), properties.correlation_id()) {
                    let properties = properties_of_json().with_correlation_id(correlation.clone());
                    let body = serde_json::to_vec(&letter)?;
                    let options = BasicPublishOptions::default();
                    channel.basic_publish("".into(), to.clone(), options, &body, properties).await?;
                }
            }
            Ok(())
        });
        Ok(())
    }

    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        let (key, answer) = self.replies.begin();
        let properties = self.properties().with_reply_to(REPLY_TO.into()).with_correlation_id(key.to_string().into());
        let body = serde_json::to_vec(&letter)?;
        let options = BasicPublishOptions::default();
        self.asking.basic_publish("".into(), COMMAND.into(), options, &body, properties).await?;
        Ok(serde_json::from_slice(&answer.await?)?)
    }

    async fn publish(&self, letter: Letter) -> Result<(), Error> {
        let body = serde_json::to_vec(&letter)?;
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let properties = self.properties().with_delivery_mode(PERSISTENT);
        match self.publishing.basic_publish(EXCHANGE.into(), "".into(), options, &body, properties).await?.await? {
            Confirmation::Ack(None) => Ok(()),
            other => Err(format!("not confirmed: {other:?}").into()),
        }
    }

    async fn consume(&self, counter: Counter) -> Result<(), Error> {
        let channel = self.connection.create_channel().await?;
        let mut events = consumer(&channel, QUEUE).await?;
        beside(async move {
            while let Some(event) = events.next().await {
                let event = event?;
                counter.count(&serde_json::from_slice::<Letter>(&event.data)?);
                event.ack(BasicAckOptions::default()).await?;
            }
            // A channel that nobody holds any more is closed.
            drop(channel);
            Ok(())
        });
        Ok(())
    }

    async fn empty(&self) -> Result<(), Error> {
        let channel = self.connection.create_channel().await?;
        for queue in [QUEUE, "bench.event.posted.v1.ear.v1.hear"] {
            channel.queue_purge(queue.into(), QueuePurgeOptions::default()).await?;
        }
        Ok(channel.close(200, "OK".into()).await?)
    }

    async fn close(self) -> Result<(), Error> {
        Ok(self.connection.close(200, "OK".into()).await?)
    }
}

impl Amqp {
    fn properties(&self) -> BasicProperties {
        match self.talks {
            true => properties_of_json().with_headers(headers()),
            false => properties_of_json(),
        }
    }
}

impl Replies {
    fn begin(&self) -> (u64, oneshot::Receiver<Vec<u8>>) {
        let key = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).insert(key, sender);
        (key, answer)
    }

    async fn listen(self: Arc<Self>, mut consumer: Consumer) -> Result<(), Error> {
        while let Some(reply) = consumer.next().await {
            let reply = reply?;
            let correlation = reply.properties.correlation_id().as_ref().ok_or("a reply to nothing")?;
            let waiting =
                self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(&correlation.as_str().parse()?);
            // Whoever does not wait any more needs no reply.
            let _ = waiting.map(|waiting| waiting.send(reply.data));
        }
        Ok(())
    }
}

async fn consumer(channel: &Channel, queue: &str) -> Result<Consumer, Error> {
    channel.basic_qos(PREFETCH, BasicQosOptions::default()).await?;
    let options = BasicConsumeOptions::default();
    Ok(channel.basic_consume(queue.into(), "".into(), options, FieldTable::default()).await?)
}

fn of_type(queue: &str) -> FieldTable {
    let mut arguments = FieldTable::default();
    arguments.insert("x-queue-type".into(), AMQPValue::LongString(queue.into()));
    arguments
}

fn properties_of_json() -> BasicProperties {
    BasicProperties::default().with_content_type(JSON.into())
}

fn headers() -> FieldTable {
    let mut headers = FieldTable::default();
    for (name, text) in attributes() {
        headers.insert(format!("cloudEvents:{name}").into(), AMQPValue::LongString(text.into()));
    }
    headers
}
