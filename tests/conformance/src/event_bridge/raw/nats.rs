//! A plain client of NATS.

use async_nats::HeaderMap;
use async_nats::jetstream::consumer::PullConsumer;
use async_nats::jetstream::stream::{Config, RetentionPolicy};
use async_nats::jetstream::{self, Context};

use super::{CONTENT_TYPE, Call};

/// The stream of the topology's events.
const STREAM: &str = "suite_events";

async fn context(url: &str) -> Context {
    jetstream::new(async_nats::connect(url).await.expect("a connection"))
}

pub(super) async fn publish(url: &str, subject: &str, attributes: &[(&str, &str)], body: &str) {
    let client = async_nats::connect(url).await.expect("a connection");
    let headers = headers(attributes);
    client.publish_with_headers(subject.to_owned(), headers, body.to_owned().into()).await.expect("sent");
    client.flush().await.expect("flushed");
}

pub(super) async fn call(url: &str, call: &Call<'_>) {
    let client = async_nats::connect(url).await.expect("a connection");
    let (subject, reply_to, body) = (call.subject.to_owned(), call.reply_to.to_owned(), call.body.to_owned());
    let headers = headers(call.attributes);
    client.publish_with_reply_and_headers(subject, reply_to, headers, body.into()).await.expect("sent");
    client.flush().await.expect("flushed");
}

fn headers(attributes: &[(&str, &str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in attributes {
        let name = if *name == CONTENT_TYPE { "content-type".to_owned() } else { format!("ce-{name}") };
        headers.insert(name, *value);
    }
    headers
}

/// How many messages a consumer has not got, or not acknowledged.
pub(super) async fn pending(url: &str, consumer: &str) -> u64 {
    let stream = context(url).await.get_stream(STREAM).await.expect("a stream");
    let mut consumer: PullConsumer = stream.get_consumer(consumer).await.expect("a consumer");
    let info = consumer.info().await.expect("its state");
    info.num_pending + info.num_ack_pending as u64
}

/// A stream that keeps everything, where one has to be that keeps what somebody waits for.
pub(super) async fn spoil(url: &str) -> &'static str {
    let config = Config {
        name: STREAM.to_owned(),
        subjects: vec!["suite.event.>".to_owned()],
        retention: RetentionPolicy::Limits,
        ..Config::default()
    };
    context(url).await.create_stream(config).await.expect("a stream");
    STREAM
}
