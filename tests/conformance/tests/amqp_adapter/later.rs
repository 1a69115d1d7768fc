//! Pauses that a message is not held for.

use std::collections::BTreeSet;
use std::time::Duration;

use lapin::options::{BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Confirmation};
use pontoon::BridgeError;
use pontoon::adapter::Settlement;
use pontoon::adapter::{Amqp, SubscriptionPolicy};
use pontoon_brokers::{Broker, Kind};

use crate::harness::{at, message, name, next, number, outsider, shared, soon, take, text, with};

const SUBSCRIPTION: &str = "email.v1.greet";

/// With pauses of up to two minutes.
fn policy() -> SubscriptionPolicy {
    SubscriptionPolicy::at_least_once()
        .attempts(5)
        .backoff(Duration::from_secs(50), Duration::from_secs(120))
        .dead_letter()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_with_a_long_pause_waits_at_the_broker_and_not_in_the_process() {
    let subject = name("event.later");
    let adapter = at(shared()).await;
    let (topic, consumer) = (adapter.topic(subject), adapter.subscribe(subject, SUBSCRIPTION, policy()));
    soon(adapter.connect()).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    let delivery = next(&consumer).await;
    let id = delivery.message.metadata().id;
    consumer.settle(&delivery, Settlement::Retry(Duration::from_secs(100))).await.unwrap();
    assert!(matches!(consumer.settle(&delivery, Settlement::Ack).await, Err(BridgeError::LeaseLost)), "it is not held");
    let (_connection, channel) = outsider(shared()).await;
    let waits = format!("{subject}.{SUBSCRIPTION}.later.4m");
    let queued = async {
        loop {
            let passive = QueueDeclareOptions { passive: true, ..Default::default() };
            let queue = channel.queue_declare(waits.as_str().into(), passive, FieldTable::default()).await.unwrap();
            if queue.message_count() > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(queued).await;
    // It comes back as what it was, to whoever is there then.
    let got = channel.basic_get(waits.as_str().into(), Default::default()).await.unwrap().unwrap();
    let properties = got.delivery.properties.clone();
    assert_eq!(properties.expiration().as_ref().unwrap().as_str(), "100000");
    assert_eq!(properties.message_id().as_ref().unwrap().as_str(), id.to_string());
    got.delivery.acker.ack(Default::default()).await.unwrap();
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_was_held_for_long_waits_at_the_broker_and_comes_back_with_its_attempt() {
    // The broker allows 4 s: a quarter of that is over after the first attempt.
    let broker = Broker::configured(Kind::Amqp).acknowledged_within(Duration::from_secs(4)).start().unwrap();
    let amqp = Amqp::new(text(broker.url())).consumer_timeout(Duration::from_secs(4));
    let adapter = with(amqp).await;
    let subject = name("event.later");
    let (topic, consumer) = (adapter.topic(subject), adapter.subscribe(subject, SUBSCRIPTION, policy()));
    soon(adapter.connect()).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    let mut id = None;
    for attempt in 1..=5 {
        let delivery = next(&consumer).await;
        assert_eq!((number(&delivery), delivery.attempt), (1, attempt));
        assert_eq!(*id.get_or_insert(delivery.message.metadata().id), delivery.message.metadata().id);
        tokio::time::sleep(Duration::from_millis(1200)).await;
        consumer.settle(&delivery, Settlement::Retry(Duration::from_millis(200))).await.unwrap();
    }
    let delivery = next(&consumer).await;
    assert_eq!(delivery.attempt, 6);
    consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    assert!(adapter.health().is_ready(), "no channel was closed: {}", adapter.health());
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_come_back_to_one_subscription_holds_up_no_other() {
    let (full, free) = (name("event.full"), name("event.free"));
    // A quarter of what the broker is said to allow is over soon.
    let adapter = with(Amqp::new(text(shared())).consumer_timeout(Duration::from_secs(1))).await;
    adapter.retain_for(full, "full.v1.hear", policy().bound(1));
    let (topic, consumer) = (adapter.topic(free), adapter.subscribe(free, SUBSCRIPTION, policy()));
    soon(adapter.connect()).await.unwrap();
    // More than the broker has on the way back at a time.
    let (_connection, channel) = outsider(shared()).await;
    channel.confirm_select(ConfirmSelectOptions::default()).await.unwrap();
    for _ in 0..60 {
        let properties = BasicProperties::default().with_expiration("1".into());
        let key = format!("1m.{full}.full.v1.hear");
        let options = BasicPublishOptions::default();
        let sent = channel.basic_publish("shop.later".into(), key.into(), options, b"{}", properties).await.unwrap();
        assert!(matches!(soon(sent).await, Ok(Confirmation::Ack(None))));
    }
    soon(topic.publish(message(1))).await.unwrap();
    let delivery = next(&consumer).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    consumer.settle(&delivery, Settlement::Retry(Duration::from_millis(100))).await.unwrap();
    let delivery = next(&consumer).await;
    assert_eq!((number(&delivery), delivery.attempt), (1, 2));
    consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    adapter.close().await;
}

/// Each message that waits in the process is room for one more, which takes another consumer. What one has that comes
/// between two others, while those of the first are not taken yet, is handed out as well.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_between_two_changes_of_the_window_is_handed_out() {
    const COUNT: u32 = 100;
    let subject = name("event.window");
    let adapter = at(shared()).await;
    let topic = adapter.topic(subject);
    let consumer =
        adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once().attempts(5).concurrency(8));
    soon(adapter.connect()).await.unwrap();
    for number in 0..COUNT {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for _ in 0..4 {
        let delivery = next(&consumer).await;
        consumer.settle(&delivery, Settlement::Retry(Duration::from_secs(2))).await.unwrap();
        // By then the next consumer is there, and has what it may have.
        tokio::time::sleep(Duration::from_millis(300)).await;
    }
    let mut handled = BTreeSet::new();
    while handled.len() < COUNT as usize {
        handled.insert(take(&consumer).await);
    }
    adapter.close().await;
}
