//! The broker's objects: made once, shared by all, checked, and made again where somebody has deleted them.

use lapin::options::{ExchangeDeclareOptions, QueueDeclareOptions, QueueDeleteOptions};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{Channel, ExchangeKind};
use pontoon::BridgeError;
use pontoon::adapter::SubscriptionPolicy;
use tokio::join;

use crate::harness::{
    at, echo, is_quiet, leaked, message, name, output, outsider, request, shared, soon, take, until, verifying,
};

const SUBSCRIPTION: &str = "email.v1.greet";

/// Whether the broker has a queue with exactly these arguments.
async fn is_there(channel: &Channel, queue: &str, arguments: &[(&str, AMQPValue)]) {
    let mut table = FieldTable::default();
    for (name, value) in arguments {
        table.insert((*name).into(), value.clone());
    }
    let options = QueueDeclareOptions { passive: true, ..Default::default() };
    channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap();
    // The broker compares, and closes the channel where it finds a difference.
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.into(), options, table).await.unwrap();
}

fn text(text: &str) -> AMQPValue {
    AMQPValue::LongString(text.into())
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_at_once_make_the_same_objects() {
    let subject = name("event.made");
    let policy = SubscriptionPolicy::at_least_once().dead_letter();
    let mut instances = Vec::new();
    for _ in 0..4 {
        let adapter = at(shared()).await;
        let topic = adapter.topic(subject);
        let consumer = adapter.subscribe(subject, SUBSCRIPTION, policy);
        adapter.retain_for(subject, "other.v1.hear", SubscriptionPolicy::at_least_once().ordered());
        adapter.subscribe(subject, "lossy.v1.hear", SubscriptionPolicy::at_most_once());
        instances.push((adapter, topic, consumer));
    }
    let connected = futures_util::future::join_all(instances.iter().map(|(adapter, ..)| adapter.connect()));
    for connected in soon(connected).await {
        connected.unwrap();
    }
    let (_connection, channel) = outsider(shared()).await;
    let limit = ("x-delivery-limit", AMQPValue::LongLongInt(1 << 31));
    let quorum = [("x-queue-type", text("quorum")), limit.clone()];
    is_there(&channel, &format!("{subject}.{SUBSCRIPTION}"), &quorum).await;
    is_there(&channel, &format!("{subject}.{SUBSCRIPTION}.dead"), &quorum).await;
    let ordered = [quorum.as_slice(), &[("x-single-active-consumer", true.into())]].concat();
    is_there(&channel, &format!("{subject}.other.v1.hear"), &ordered).await;
    is_there(&channel, &format!("{subject}.lossy.v1.hear"), &[("x-queue-type", text("classic"))]).await;

    // Each instance takes its share, and nothing comes twice.
    for number in 0..40 {
        soon(instances[0].1.publish(message(number))).await.unwrap();
    }
    let (sender, mut numbers) = tokio::sync::mpsc::unbounded_channel();
    for (_, _, consumer) in &instances {
        let (consumer, sender) = (consumer.clone(), sender.clone());
        tokio::spawn(async move {
            loop {
                let _ = sender.send(take(&consumer).await);
            }
        });
    }
    let mut seen = Vec::new();
    for _ in 0..40 {
        seen.push(soon(numbers.recv()).await.unwrap());
    }
    seen.sort_unstable();
    assert_eq!(seen, (0..40).collect::<Vec<_>>());
    for (adapter, ..) in &instances {
        adapter.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_only_verified_has_to_be_there() {
    let subject = name("event.verified");
    let policy = SubscriptionPolicy::at_least_once().dead_letter();
    let missing = verifying(shared()).await;
    missing.subscribe(subject, SUBSCRIPTION, policy);
    let Err(BridgeError::Mismatch(says)) = soon(missing.connect()).await else { panic!("it connects") };
    assert!(says.contains(&format!("the exchange `{subject}`")) && says.contains("make it"), "{says}");

    let maker = at(shared()).await;
    maker.subscribe(subject, SUBSCRIPTION, policy);
    maker.serve(name("command.made"));
    maker.connect().await.unwrap();
    maker.close().await;

    let command = name("command.verified");
    let verifier = verifying(shared()).await;
    let (topic, consumer) = (verifier.topic(subject), verifier.subscribe(subject, SUBSCRIPTION, policy));
    echo(verifier.serve(command));
    soon(verifier.connect()).await.unwrap();
    // Of what comes and goes, whoever serves it makes its own.
    assert_eq!(output(soon(verifier.request(request(command, 1))).await), "1");
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&consumer).await, 1);

    // A binding that is missing shows when an event comes back. Nothing is made.
    let (_connection, channel) = outsider(shared()).await;
    let queue = format!("{subject}.{SUBSCRIPTION}");
    channel.queue_unbind(queue.into(), subject.into(), "".into(), FieldTable::default()).await.unwrap();
    let Err(BridgeError::Mismatch(says)) = soon(topic.publish(message(2))).await else { panic!("it is published") };
    assert!(says.contains(subject) && says.contains("bind"), "{says}");
    verifier.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_queue_with_other_settings_is_named_with_the_difference() {
    let subject = name("event.mismatch");
    let queue = format!("{subject}.{SUBSCRIPTION}");
    let (_connection, channel) = outsider(shared()).await;
    let options = QueueDeclareOptions { durable: true, ..Default::default() };
    channel.queue_declare(queue.as_str().into(), options, FieldTable::default()).await.unwrap();
    for adapter in [at(shared()).await, verifying(shared()).await] {
        let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
        channel.exchange_declare(subject.into(), ExchangeKind::Fanout, options, FieldTable::default()).await.unwrap();
        adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
        let Err(BridgeError::Mismatch(says)) = soon(adapter.connect()).await else { panic!("it connects") };
        assert!(says.contains(&format!("the queue `{queue}`")), "{says}");
        assert!(says.contains("x-queue-type") && says.contains("quorum") && says.contains("delete it"), "{says}");
        assert!(!adapter.health().is_ready());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exchange_of_another_type_is_named() {
    let subject = name("event.mismatch");
    let (_connection, channel) = outsider(shared()).await;
    let options = ExchangeDeclareOptions { durable: true, ..Default::default() };
    channel.exchange_declare(subject.into(), ExchangeKind::Topic, options, FieldTable::default()).await.unwrap();
    let adapter = at(shared()).await;
    adapter.topic(subject);
    let Err(BridgeError::Mismatch(says)) = soon(adapter.connect()).await else { panic!("it connects") };
    assert!(says.contains(&format!("the exchange `{subject}`")) && says.contains("fanout"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_the_broker_cannot_have_is_named() {
    let adapter = at(shared()).await;
    adapter.topic(leaked(format!("shop.event.{}.v1", "x".repeat(250))));
    let Err(BridgeError::Mismatch(says)) = soon(adapter.connect()).await else { panic!("it connects") };
    assert!(says.contains("255 bytes"), "{says}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_deletes_is_made_again_and_nothing_is_lost_after_that() {
    let subject = name("event.deleted");
    let queue = format!("{subject}.{SUBSCRIPTION}");
    let adapter = at(shared()).await;
    let (topic, consumer) =
        (adapter.topic(subject), adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once()));
    adapter.connect().await.unwrap();
    soon(topic.publish(message(0))).await.unwrap();
    assert_eq!(take(&consumer).await, 0);

    let (_connection, channel) = outsider(shared()).await;
    // Somebody waits for messages, so that the end of the consumer is seen at once.
    let waiting = tokio::spawn({
        let consumer = consumer.clone();
        async move { take(&consumer).await }
    });
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(soon(waiting).await.unwrap(), 1);
    until("ready again", || adapter.health().is_ready()).await;

    channel.exchange_delete(subject.into(), Default::default()).await.unwrap();
    let (published, taken) = join!(soon(topic.publish(message(2))), take(&consumer));
    published.unwrap();
    assert_eq!(taken, 2);
    assert!(is_quiet(&consumer).await);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_kept_for_who_starts_later_and_nobody_need_listen() {
    let (heard, unheard) = (name("event.kept"), name("event.unheard"));
    let publisher = at(shared()).await;
    let (kept, lost) = (publisher.topic(heard), publisher.topic(unheard));
    publisher.retain_for(heard, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    publisher.connect().await.unwrap();
    for number in 0..10 {
        soon(kept.publish(message(number))).await.unwrap();
        soon(lost.publish(message(number))).await.unwrap();
    }
    publisher.close().await;
    let subscriber = at(shared()).await;
    let consumer = subscriber.subscribe(heard, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    subscriber.connect().await.unwrap();
    for number in 0..10 {
        assert_eq!(take(&consumer).await, number);
    }
    subscriber.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_no_queue_takes_is_tried_until_its_queue_can_be_made_again() {
    let subject = name("event.locked");
    let adapter = at(shared()).await;
    let topic = adapter.topic(subject);
    adapter.retain_for(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    soon(adapter.connect()).await.unwrap();
    // Somebody else has a queue of this name for a while.
    let (connection, channel) = outsider(shared()).await;
    let queue = format!("{subject}.{SUBSCRIPTION}");
    channel.queue_delete(queue.as_str().into(), QueueDeleteOptions::default()).await.unwrap();
    let options = QueueDeclareOptions { exclusive: true, ..Default::default() };
    channel.queue_declare(queue.into(), options, FieldTable::default()).await.unwrap();
    let publishing = tokio::spawn(async move { topic.publish(message(1)).await });
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    connection.close(200, "OK".into()).await.unwrap();
    soon(publishing).await.unwrap().unwrap();
    let subscriber = at(shared()).await;
    let consumer = subscriber.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once());
    soon(subscriber.connect()).await.unwrap();
    assert_eq!(take(&consumer).await, 1);
    adapter.close().await;
    subscriber.close().await;
}
