//! A quorum queue of RabbitMQ by lapin.

use super::super::beside;
use super::{RawJobs, WORKERS};
use crate::rounds::Error;
use futures_util::TryStreamExt as _;
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use pontoon_brokers::Kind;
use std::sync::Arc;

const QUEUE: &str = "raw.queue.letters";
const PERSISTENT: u8 = 2;

/// A connection to RabbitMQ.
#[derive(Clone)]
pub(crate) struct AmqpJobs {
    connection: Arc<Connection>,
    publishing: Channel,
}

impl RawJobs for AmqpJobs {
    const NAME: &'static str = "AMQP";
    const KIND: Kind = Kind::Amqp;
    const ENVIRONMENT: &'static str = "amqp_jobs";
    const ADDRESS: &'static str = "AMQP_URL";
    const AGAINST: &'static str = "publisher confirms and a quorum queue";

    async fn connect(url: &str) -> Result<Self, Error> {
        let connection = Connection::connect(url, ConnectionProperties::default()).await?;
        let publishing = connection.create_channel().await?;
        let mut arguments = FieldTable::default();
        arguments.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let durable = QueueDeclareOptions { durable: true, ..Default::default() };
        publishing.queue_declare(QUEUE.into(), durable, arguments).await?;
        publishing.confirm_select(ConfirmSelectOptions::default()).await?;
        Ok(Self { connection: Arc::new(connection), publishing })
    }

    async fn enqueue(&self, letter: Letter) -> Result<(), Error> {
        let body = serde_json::to_vec(&letter)?;
        let options = BasicPublishOptions { mandatory: true, ..Default::default() };
        let properties =
            BasicProperties::default().with_content_type("application/json".into()).with_delivery_mode(PERSISTENT);
        match self.publishing.basic_publish("".into(), QUEUE.into(), options, &body, properties).await?.await? {
            Confirmation::Ack(None) => Ok(()),
            other => Err(format!("not confirmed: {other:?}").into()),
        }
    }

    async fn work(&self, counter: Counter) -> Result<(), Error> {
        let channel = self.connection.create_channel().await?;
        channel.basic_qos(WORKERS as u16, BasicQosOptions::default()).await?;
        let options = BasicConsumeOptions::default();
        let jobs = channel.basic_consume(QUEUE.into(), "".into(), options, FieldTable::default()).await?;
        beside(async move {
            let jobs = jobs.map_err(Error::from);
            let worked = jobs.try_for_each_concurrent(WORKERS, |job| {
                let counter = counter.clone();
                async move {
                    counter.count(&serde_json::from_slice::<Letter>(&job.data)?);
                    job.ack(BasicAckOptions::default()).await?;
                    Ok(())
                }
            });
            worked.await?;
            // A channel that nobody holds any more is closed.
            drop(channel);
            Ok(())
        });
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(self.connection.close(200, "OK".into()).await?)
    }
}
