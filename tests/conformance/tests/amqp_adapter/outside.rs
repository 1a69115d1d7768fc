//! What programs that know nothing of us see of our messages, and what we make of theirs.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use futures_util::StreamExt;
use lapin::message::Delivery as Received;
use lapin::options::{
    BasicConsumeOptions, BasicPublishOptions, ExchangeDeclareOptions, QueueBindOptions, QueueDeclareOptions,
};
use lapin::types::{AMQPValue, FieldTable, ShortString};
use lapin::{BasicProperties, ExchangeKind};
use pontoon::Id;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Message, Metadata, SubscriptionPolicy, Trace};

use crate::harness::{at, name, next, number, outsider, request, shared, soon};

const SUBSCRIPTION: &str = "email.v1.greet";

/// A header as text.
fn header(received: &Received, attribute: &str) -> Option<String> {
    let headers = received.properties.headers().as_ref()?;
    match headers.inner().get(&*format!("cloudEvents:{attribute}"))? {
        AMQPValue::LongString(text) => Some(text.to_string()),
        other => panic!("{attribute}: {other:?}"),
    }
}

/// The attributes that a message has as headers.
fn attributes(received: &Received) -> Vec<String> {
    let headers = received.properties.headers().as_ref().unwrap();
    headers.inner().keys().filter_map(|name| name.as_str().strip_prefix("cloudEvents:")).map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_ours_is_a_cloud_event_to_others() {
    let subject = name("event.outside");
    let adapter = at(shared()).await;
    let topic = adapter.topic(subject);
    adapter.connect().await.unwrap();
    let (_connection, channel) = outsider(shared()).await;
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    let queue = channel.queue_declare("".into(), options, FieldTable::default()).await.unwrap().name().clone();
    let options = QueueBindOptions::default();
    channel.queue_bind(queue.clone(), subject.into(), "".into(), options, FieldTable::default()).await.unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut consumer = channel.basic_consume(queue, "".into(), options, FieldTable::default()).await.unwrap();

    let trace = Trace { id: Id::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c), flags: 1, state: Some("a=b".into()) };
    let metadata = Metadata {
        causation: Some(Id::random()),
        principal: Some("ada".into()),
        tenant: Some("acme".into()),
        hops: 2,
        trace: Some(trace.into()),
        ..Metadata::new()
    };
    let event = Message::new(metadata.clone(), "zwölf".to_owned());
    for sequence in 1..=2 {
        soon(topic.publish(event.clone())).await.unwrap();
        let received = soon(consumer.next()).await.unwrap().unwrap();
        let expected =
            ["causationid", "hops", "principal", "sequence", "specversion", "tenant", "traceparent", "tracestate"];
        assert_eq!(attributes(&received), expected);
        let says = |attribute| header(&received, attribute).unwrap();
        assert_eq!(says("specversion"), "1.0");
        assert_eq!(says("causationid"), metadata.causation.unwrap().to_string());
        assert_eq!((&*says("principal"), &*says("tenant"), &*says("hops")), ("ada", "acme", "2"));
        assert_eq!(says("sequence"), sequence.to_string());
        let span = metadata.id.to_string().replace('-', "")[16..].to_owned();
        assert_eq!(says("traceparent"), format!("00-0af7651916cd43dd8448eb211c80319c-{span}-01"));
        assert_eq!(says("tracestate"), "a=b");

        let properties = &received.properties;
        let text = |property: &Option<ShortString>| property.as_ref().unwrap().to_string();
        assert_eq!(text(properties.content_type()), "application/json");
        assert_eq!(text(properties.message_id()), metadata.id.to_string());
        assert_eq!(text(properties.kind()), subject);
        assert_eq!(text(properties.correlation_id()), metadata.correlation.to_string());
        let source = text(properties.app_id());
        assert!(source.starts_with("/shop/test/") && source.len() == "/shop/test/".len() + 36, "{source}");
        let time = UNIX_EPOCH + Duration::from_secs(properties.timestamp().unwrap());
        assert!(time <= SystemTime::now() && time + Duration::from_secs(600) > SystemTime::now(), "{time:?}");
        assert_eq!(properties.delivery_mode(), &Some(2));
        assert_eq!(received.data, "\"zwölf\"".as_bytes());
    }
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_of_ours_says_how_long_it_is_worth_something() {
    let subject = name("command.outside");
    let adapter = at(shared()).await;
    adapter.connect().await.unwrap();
    let (_connection, channel) = outsider(shared()).await;
    let options = QueueDeclareOptions { auto_delete: true, ..Default::default() };
    channel.queue_declare(subject.into(), options, FieldTable::default()).await.unwrap();
    let durable = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare("shop.command".into(), ExchangeKind::Topic, durable, FieldTable::default()).await.unwrap();
    let options = QueueBindOptions::default();
    let commands = "shop.command".into();
    channel.queue_bind(subject.into(), commands, subject.into(), options, FieldTable::default()).await.unwrap();
    let options = BasicConsumeOptions { no_ack: true, ..Default::default() };
    let mut consumer = channel.basic_consume(subject.into(), "".into(), options, FieldTable::default()).await.unwrap();
    let answering = async {
        let received = soon(consumer.next()).await.unwrap().unwrap();
        let properties = &received.properties;
        assert_eq!(properties.delivery_mode(), &Some(1));
        let left: u32 = properties.expiration().as_ref().unwrap().as_str().parse().unwrap();
        assert!((30_000..=60_000).contains(&left), "{left}");
        let timeout: u32 = header(&received, "timeoutms").unwrap().parse().unwrap();
        assert!((30_000..=60_000).contains(&timeout), "{timeout}");
        let reply = BasicProperties::default().with_correlation_id(properties.correlation_id().clone().unwrap());
        let to = properties.reply_to().clone().unwrap();
        assert!(to.as_str().starts_with("shop.reply.guest."), "{to}");
        channel.basic_publish("shop.reply".into(), to, BasicPublishOptions::default(), b"8", reply).await.unwrap();
    };
    let (reply, ()) = tokio::join!(soon(adapter.request(request(subject, 7))), answering);
    assert_eq!(crate::harness::output(reply), "8");
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_of_others_is_an_event_to_us() {
    let subject = name("event.inside");
    let adapter = at(shared()).await;
    let consumer = adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    adapter.connect().await.unwrap();
    let (_connection, channel) = outsider(shared()).await;
    let id = Id::random();
    for prefix in ["cloudEvents:", "cloudEvents_"] {
        let mut headers = FieldTable::default();
        let mut put = |attribute: &str, value: AMQPValue| {
            headers.insert(format!("{prefix}{attribute}").into(), value);
        };
        for (attribute, value) in [
            ("specversion", "1.0"),
            ("id", &*id.to_string()),
            ("source", "/there"),
            ("type", "there.happened"),
            ("tenant", "acme"),
            ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
        ] {
            put(attribute, AMQPValue::LongString(value.into()));
        }
        put("hops", AMQPValue::LongLongInt(3));
        let properties = BasicProperties::default().with_headers(headers);
        channel.basic_publish(subject.into(), "".into(), Default::default(), b"42", properties).await.unwrap();
        let delivery = next(&consumer).await;
        let metadata = delivery.message.metadata();
        assert_eq!((metadata.id, metadata.hops, metadata.tenant.as_deref()), (id, 3, Some("acme")));
        assert_eq!(metadata.trace.as_ref().unwrap().id, Id::from(0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c));
        assert_eq!((number(&delivery), delivery.attempt), (42, 1));
        consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    }
    adapter.close().await;
}
