//! A work queue of JetStream by async-nats.

use super::super::beside;
use super::{RawJobs, WORKERS};
use crate::rounds::Error;
use async_nats::jetstream::consumer::{AckPolicy, pull};
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use async_nats::jetstream::{self, Context};
use futures_util::TryStreamExt as _;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use pontoon_brokers::Kind;

const STREAM: &str = "raw_queue";
const SUBJECT: &str = "raw.queue.letters";
const CONSUMER: &str = "workers";

/// A connection to NATS.
#[derive(Clone)]
pub(crate) struct NatsJobs {
    client: async_nats::Client,
    jetstream: Context,
}

impl RawJobs for NatsJobs {
    const NAME: &'static str = "JetStream";
    const KIND: Kind = Kind::Nats;
    const ENVIRONMENT: &'static str = "nats_jobs";
    const ADDRESS: &'static str = "NATS_SERVERS";
    const AGAINST: &'static str = "PubAck and a pull consumer of a work queue";

    async fn connect(url: &str) -> Result<Self, Error> {
        let client = async_nats::connect(url).await?;
        let jetstream = jetstream::new(client.clone());
        let stream = Config {
            name: STREAM.to_owned(),
            subjects: vec![SUBJECT.to_owned()],
            retention: RetentionPolicy::WorkQueue,
            ..Config::default()
        };
        jetstream.get_or_create_stream(stream).await?;
        Ok(Self { client, jetstream })
    }

    async fn enqueue(&self, letter: Letter) -> Result<(), Error> {
        self.jetstream.publish(SUBJECT, serde_json::to_vec(&letter)?.into()).await?.await?;
        Ok(())
    }

    async fn work(&self, counter: Counter) -> Result<(), Error> {
        let consumer = pull::Config {
            durable_name: Some(CONSUMER.to_owned()),
            ack_policy: AckPolicy::Explicit,
            ..pull::Config::default()
        };
        let stream = self.jetstream.get_stream_no_info(STREAM).await?;
        let consumer = stream.get_or_create_consumer(CONSUMER, consumer).await?;
        let jobs = consumer.stream().max_messages_per_batch(WORKERS).messages().await?;
        beside(async move {
            let jobs = jobs.map_err(Error::from);
            jobs.try_for_each_concurrent(WORKERS, |job| {
                let counter = counter.clone();
                async move {
                    counter.count(&serde_json::from_slice::<Letter>(&job.payload)?);
                    job.ack().await
                }
            })
            .await
        });
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(self.client.drain().await?)
    }
}
