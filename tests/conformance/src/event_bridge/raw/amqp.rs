//! A plain client of RabbitMQ.

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::{AMQPValue, FieldTable, LongString, ShortString};
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};

use super::{CONTENT_TYPE, Call};

async fn channel(url: &str) -> (Connection, Channel) {
    let connection = Connection::connect(url, ConnectionProperties::default()).await.expect("a connection");
    let channel = connection.create_channel().await.expect("a channel");
    (connection, channel)
}

pub(super) async fn publish(url: &str, exchange: &str, attributes: &[(&str, &str)], body: &str) {
    send(url, Route { exchange, key: "" }, body, with(attributes)).await;
}

pub(super) async fn call(url: &str, call: &Call<'_>) {
    let properties = with(call.attributes).with_reply_to(call.reply_to.into()).with_correlation_id("raw".into());
    send(url, Route { exchange: "suite.command", key: call.subject }, call.body, properties).await;
}

fn with(attributes: &[(&str, &str)]) -> BasicProperties {
    let mut headers = FieldTable::default();
    let mut content_type = "application/json";
    for (name, value) in attributes {
        if *name == CONTENT_TYPE {
            content_type = value;
            continue;
        }
        let value = AMQPValue::LongString(LongString::from(*value));
        headers.insert(ShortString::from(format!("cloudEvents:{name}")), value);
    }
    BasicProperties::default().with_content_type(content_type.into()).with_delivery_mode(2).with_headers(headers)
}

/// Where something is published.
struct Route<'r> {
    exchange: &'r str,
    key: &'r str,
}

async fn send(url: &str, route: Route<'_>, body: &str, properties: BasicProperties) {
    let (connection, channel) = channel(url).await;
    channel.confirm_select(ConfirmSelectOptions::default()).await.expect("confirms");
    let Route { exchange, key } = route;
    let confirm = channel
        .basic_publish(exchange.into(), key.into(), BasicPublishOptions::default(), body.as_bytes(), properties)
        .await
        .expect("sent");
    assert!(confirm.await.expect("a confirm").is_ack());
    connection.close(200, "".into()).await.expect("closed");
}

/// How many messages are ready in a queue.
pub(super) async fn messages(url: &str, queue: &str) -> u64 {
    let (connection, channel) = channel(url).await;
    let passive = QueueDeclareOptions { passive: true, ..QueueDeclareOptions::default() };
    let queue = channel.queue_declare(queue.into(), passive, FieldTable::default()).await.expect("a queue");
    connection.close(200, "".into()).await.expect("closed");
    u64::from(queue.message_count())
}

/// A classic queue, where a quorum queue has to be.
pub(super) async fn spoil(url: &str) -> &'static str {
    const QUEUE: &str = "suite.event.noted.v1.back.v1.hear";
    let (connection, channel) = channel(url).await;
    let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
    channel.queue_declare(QUEUE.into(), durable, FieldTable::default()).await.expect("a queue");
    connection.close(200, "".into()).await.expect("closed");
    QUEUE
}
