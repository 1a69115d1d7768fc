//! What was given up: listed, replayed one by one and all, purged, and there after the broker has died.

use std::sync::Arc;
use std::time::Duration;

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use pontoon::Id;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Consumer, EventAdapter, Settlement, Topic};
use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;

use crate::harness::{at, is_quiet, message, name, next, number, outsider, settled, shared, soon, take, until};

const SUBSCRIPTION: &str = "email.v1.greet";

async fn connected(url: &str, subject: &'static str) -> (Arc<dyn EventAdapter>, Arc<dyn Topic>, Arc<dyn Consumer>) {
    let adapter = at(url).await;
    let topic = adapter.topic(subject);
    let consumer = adapter.subscribe(subject, SUBSCRIPTION, SubscriptionPolicy::at_least_once().dead_letter());
    soon(adapter.connect()).await.unwrap();
    (adapter, topic, consumer)
}

/// Gives some messages up; their ids.
async fn give_up(topic: &Arc<dyn Topic>, consumer: &Arc<dyn Consumer>, count: u32) -> Vec<Id> {
    let mut ids = Vec::new();
    for poison in 0..count {
        soon(topic.publish(message(poison))).await.unwrap();
        let mut delivery = next(consumer).await;
        delivery.attempt = 5;
        assert_eq!(number(&delivery), poison);
        ids.push(delivery.message.metadata().id);
        consumer.settle(&delivery, Settlement::DeadLetter(format!("poison {poison}"))).await.unwrap();
    }
    ids
}

async fn listed(consumer: &Arc<dyn Consumer>) -> Vec<(Id, String, u32)> {
    listed_behind(consumer, 0).await
}

async fn listed_behind(consumer: &Arc<dyn Consumer>, skip: usize) -> Vec<(Id, String, u32)> {
    let dead = soon(consumer.dead_letters(skip)).await.unwrap();
    dead.into_iter().map(|dead| (dead.message.metadata().id, dead.reason, dead.attempts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_outlive_the_broker_and_are_looked_at_replayed_and_purged() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let (adapter, topic, consumer) = connected(&broker.url(), name("event.poison")).await;
    let ids = give_up(&topic, &consumer, 5).await;
    let expected: Vec<_> = ids.iter().zip(0..).map(|(id, number)| (*id, format!("poison {number}"), 5)).collect();
    // Looking changes nothing, not even the order.
    for _ in 0..3 {
        assert_eq!(listed(&consumer).await, expected);
        assert_eq!(listed_behind(&consumer, 3).await, expected[3..]);
    }
    settled().await;
    block_in_place(|| {
        broker.kill().unwrap();
        broker.restart().unwrap();
    });
    until("ready again", || adapter.health().is_ready()).await;
    assert_eq!(listed(&consumer).await, expected);

    // One by one, under the old id, from the first attempt on.
    assert_eq!(soon(consumer.clear_dead_letters(Some(ids[2]), true)).await.unwrap(), 1);
    let delivery = next(&consumer).await;
    assert_eq!((delivery.message.metadata().id, delivery.attempt, number(&delivery)), (ids[2], 1, 2));
    // It is a dead letter until somebody is done with it, and nobody else sees it.
    assert_eq!(listed(&consumer).await.len(), 4);
    consumer.settle(&delivery, Settlement::Ack).await.unwrap();
    assert_eq!(listed(&consumer).await.len(), 4);
    assert_eq!(soon(consumer.clear_dead_letters(Some(ids[2]), true)).await.unwrap(), 0);

    // One is purged, the rest replayed.
    assert_eq!(soon(consumer.clear_dead_letters(Some(ids[0]), false)).await.unwrap(), 1);
    assert_eq!(soon(consumer.clear_dead_letters(None, true)).await.unwrap(), 3);
    for number in [1, 3, 4] {
        assert_eq!(take(&consumer).await, number);
    }
    assert_eq!(listed(&consumer).await, []);

    give_up(&topic, &consumer, 3).await;
    assert_eq!(soon(consumer.clear_dead_letters(None, false)).await.unwrap(), 3);
    assert_eq!(listed(&consumer).await, []);
    assert!(is_quiet(&consumer).await);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_dies_with_its_process_is_still_a_dead_letter() {
    let subject = name("event.poison");
    let (adapter, topic, consumer) = connected(shared(), subject).await;
    let ids = give_up(&topic, &consumer, 1).await;
    assert_eq!(soon(consumer.clear_dead_letters(None, true)).await.unwrap(), 1);
    next(&consumer).await;
    adapter.close().await;
    let (other, _, consumer) = connected(shared(), subject).await;
    until_listed(&consumer, &ids).await;
    other.close().await;
}

async fn until_listed(consumer: &Arc<dyn Consumer>, ids: &[Id]) {
    let listed = async {
        while listed(consumer).await.iter().map(|(id, ..)| *id).ne(ids.iter().copied()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(listed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_a_dead_letter_at_once_and_the_consumer_goes_on() {
    let subject = name("event.malformed");
    let (adapter, topic, consumer) = connected(shared(), subject).await;
    let (_connection, channel) = outsider(shared()).await;
    let (options, nothing) = (BasicPublishOptions::default(), BasicProperties::default());
    channel.basic_publish(subject.into(), "".into(), options, b"\xff no event", nothing).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&consumer).await, 1);
    let dead = soon(consumer.dead_letters(0)).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].reason.contains("specversion"), "{}", dead[0].reason);
    assert_eq!(dead[0].message.json().unwrap(), &b"\xff no event"[..]);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_to_come_again_does_so_with_the_next_attempt() {
    let (adapter, topic, consumer) = connected(shared(), name("event.again")).await;
    soon(topic.publish(message(1))).await.unwrap();
    soon(topic.publish(message(2))).await.unwrap();
    let first = next(&consumer).await;
    assert_eq!((number(&first), first.attempt), (1, 1));
    consumer.settle(&first, Settlement::Retry(Duration::from_millis(200))).await.unwrap();
    assert_eq!(take(&consumer).await, 2);
    let second = next(&consumer).await;
    assert_eq!((number(&second), second.attempt), (1, 2));
    // Given back, the broker counts.
    consumer.settle(&second, Settlement::Release).await.unwrap();
    let third = next(&consumer).await;
    assert_eq!((number(&third), third.attempt), (1, 2));
    consumer.settle(&third, Settlement::Ack).await.unwrap();
    adapter.close().await;
}
