//! NATS by async-nats: `request`, JetStream with `PubAck`, a durable pull consumer.

use super::{Limits, PREFETCH, Raw, attributes, beside};
use crate::bridges::{self, Bridge};
use crate::rounds::Error;
use crate::table::Times;
use async_nats::header::{HeaderMap, NATS_MESSAGE_ID};
use async_nats::jetstream::consumer::{AckPolicy, DeliverPolicy, pull};
use async_nats::jetstream::stream::{Config, DiscardPolicy, RetentionPolicy};
use async_nats::jetstream::{self, Context};
use futures_util::StreamExt as _;
use pontoon_bench::contract::Letter;
use pontoon_bench::count::Counter;
use std::time::Duration;

const COMMAND: &str = "raw.command";
const EVENT: &str = "raw.event.posted";
const STREAM: &str = "raw_events";
const CONSUMER: &str = "raw_hear";

/// A connection to NATS.
#[derive(Clone)]
pub(crate) struct Nats {
    client: async_nats::Client,
    jetstream: Context,
    talks: bool,
}

impl Raw for Nats {
    const BRIDGE: Bridge = bridges::NATS;
    const LIMITS: Limits = Limits {
        one_at_a_time: Times { at_most: 1.0, shown: "1 ×" },
        in_flight: Times { at_most: 0.9, shown: "0.9 ×" },
        confirmed: Times { at_most: 1.05, shown: "1.05 ×" },
        handled: Times { at_most: 1.2, shown: "1.2 ×" },
    };
    const ASKS: &'static str = "async-nats' own `request`";
    const CONFIRMED: &'static str = "PubAck";
    const CONSUMES: &'static str = "a durable pull consumer";

    async fn connect(url: &str) -> Result<Self, Error> {
        let client = async_nats::connect(url).await?;
        let jetstream = jetstream::new(client.clone());
        let stream = |name: &str, subjects: &str, retention| Config {
            name: name.to_owned(),
            subjects: vec![subjects.to_owned()],
            retention,
            discard: DiscardPolicy::New,
            ..Config::default()
        };
        let events = stream(STREAM, "raw.event.>", RetentionPolicy::Interest);
        let events = jetstream.get_or_create_stream(events).await?;
        jetstream.get_or_create_stream(stream("raw_dead", "raw.dead.>", RetentionPolicy::Limits)).await?;
        events.get_or_create_consumer(CONSUMER, consumer()).await?;
        Ok(Self { client, jetstream, talks: false })
    }

    fn talkative(&self) -> Self {
        Self { talks: true, ..self.clone() }
    }

    async fn serve(&self) -> Result<(), Error> {
        let client = self.client.clone();
        let mut requests = client.queue_subscribe(COMMAND, COMMAND.to_owned()).await?;
        beside(async move {
            while let Some(request) = requests.next().await {
                let letter: Letter = serde_json::from_slice(&request.payload)?;
                if let Some(reply) = request.reply {
                    client.publish(reply, serde_json::to_vec(&letter)?.into()).await?;
                }
            }
            Ok(())
        });
        Ok(())
    }

    async fn ask(&self, letter: Letter) -> Result<Letter, Error> {
        let body = serde_json::to_vec(&letter)?.into();
        let answer = match self.talks {
            true => self.client.request_with_headers(COMMAND, headers(), body).await?,
            false => self.client.request(COMMAND, body).await?,
        };
        Ok(serde_json::from_slice(&answer.payload)?)
    }

    async fn publish(&self, letter: Letter) -> Result<(), Error> {
        let body = serde_json::to_vec(&letter)?.into();
        let confirmation = match self.talks {
            true => self.jetstream.publish_with_headers(EVENT, headers(), body).await?,
            false => self.jetstream.publish(EVENT, body).await?,
        };
        confirmation.await?;
        Ok(())
    }

    async fn consume(&self, counter: Counter) -> Result<(), Error> {
        let stream = self.jetstream.get_stream_no_info(STREAM).await?;
        let consumer = stream.get_or_create_consumer(CONSUMER, consumer()).await?;
        let mut messages = consumer.stream().max_messages_per_batch(PREFETCH.into()).messages().await?;
        beside(async move {
            while let Some(message) = messages.next().await {
                let message = message?;
                counter.count(&serde_json::from_slice::<Letter>(&message.payload)?);
                message.ack().await?;
            }
            Ok(())
        });
        Ok(())
    }

    async fn empty(&self) -> Result<(), Error> {
        for name in [STREAM, "bench_events"] {
            self.jetstream.get_stream(name).await?.purge().await?;
        }
        Ok(())
    }

    async fn close(self) -> Result<(), Error> {
        Ok(self.client.drain().await?)
    }
}

fn consumer() -> pull::Config {
    pull::Config {
        durable_name: Some(CONSUMER.to_owned()),
        filter_subject: EVENT.to_owned(),
        deliver_policy: DeliverPolicy::New,
        ack_policy: AckPolicy::Explicit,
        ack_wait: Duration::from_secs(30),
        max_ack_pending: 40 * i64::from(PREFETCH),
        ..pull::Config::default()
    }
}

/// With the id also where JetStream looks for repetitions.
fn headers() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let attributes = attributes();
    headers.insert(NATS_MESSAGE_ID, &*attributes[0].1);
    for (name, text) in attributes {
        headers.insert(format!("ce-{name}"), text);
    }
    headers
}
