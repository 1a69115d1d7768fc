//! What was given up: listed, replayed one by one and all, purged, and there after the broker has died.

use std::sync::Arc;
use std::time::Duration;

use lapin::BasicProperties;
use lapin::options::BasicPublishOptions;
use pontoon::bridge::{EventAdapter, Feed, Settlement, Topic};
use pontoon::{Delivery, Id};
use pontoon_brokers::{Broker, Kind};
use tokio::task::block_in_place;

use crate::harness::{at, is_quiet, message, name, next, number, outsider, settled, shared, soon, take, until};

const SUBSCRIPTION: &str = "email.v1.greet";

async fn connected(url: &str, subject: &'static str) -> (Arc<dyn EventAdapter>, Arc<dyn Topic>, Arc<dyn Feed>) {
    let adapter = at(url).await;
    let topic = adapter.topic(subject);
    let feed = adapter.subscribe(subject, SUBSCRIPTION, Delivery::at_least_once().dead_letter());
    soon(adapter.connect()).await.unwrap();
    (adapter, topic, feed)
}

/// Gives some messages up; their ids.
async fn give_up(topic: &Arc<dyn Topic>, feed: &Arc<dyn Feed>, count: u32) -> Vec<Id> {
    let mut ids = Vec::new();
    for poison in 0..count {
        soon(topic.publish(message(poison))).await.unwrap();
        let mut arrival = next(feed).await;
        arrival.attempt = 5;
        assert_eq!(number(&arrival), poison);
        ids.push(arrival.message.metadata().id);
        feed.settle(&arrival, Settlement::Dead(format!("poison {poison}"))).await.unwrap();
    }
    ids
}

async fn listed(feed: &Arc<dyn Feed>) -> Vec<(Id, String, u32)> {
    listed_behind(feed, 0).await
}

async fn listed_behind(feed: &Arc<dyn Feed>, skip: usize) -> Vec<(Id, String, u32)> {
    let dead = soon(feed.dead_letters(skip)).await.unwrap();
    dead.into_iter().map(|dead| (dead.message.metadata().id, dead.reason, dead.attempts)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dead_letters_outlive_the_broker_and_are_looked_at_replayed_and_purged() {
    let broker = Broker::start(Kind::Amqp).unwrap();
    let (adapter, topic, feed) = connected(&broker.url(), name("event.poison")).await;
    let ids = give_up(&topic, &feed, 5).await;
    let expected: Vec<_> = ids.iter().zip(0..).map(|(id, number)| (*id, format!("poison {number}"), 5)).collect();
    // Looking changes nothing, not even the order.
    for _ in 0..3 {
        assert_eq!(listed(&feed).await, expected);
        assert_eq!(listed_behind(&feed, 3).await, expected[3..]);
    }
    settled().await;
    block_in_place(|| {
        broker.kill().unwrap();
        broker.restart().unwrap();
    });
    until("ready again", || adapter.health().is_ready()).await;
    assert_eq!(listed(&feed).await, expected);

    // One by one, under the old id, from the first attempt on.
    assert_eq!(soon(feed.clear_dead_letters(Some(ids[2]), true)).await.unwrap(), 1);
    let arrival = next(&feed).await;
    assert_eq!((arrival.message.metadata().id, arrival.attempt, number(&arrival)), (ids[2], 1, 2));
    // It is a dead letter until somebody is done with it, and nobody else sees it.
    assert_eq!(listed(&feed).await.len(), 4);
    feed.settle(&arrival, Settlement::Done).await.unwrap();
    assert_eq!(listed(&feed).await.len(), 4);
    assert_eq!(soon(feed.clear_dead_letters(Some(ids[2]), true)).await.unwrap(), 0);

    // One is purged, the rest replayed.
    assert_eq!(soon(feed.clear_dead_letters(Some(ids[0]), false)).await.unwrap(), 1);
    assert_eq!(soon(feed.clear_dead_letters(None, true)).await.unwrap(), 3);
    for number in [1, 3, 4] {
        assert_eq!(take(&feed).await, number);
    }
    assert_eq!(listed(&feed).await, []);

    give_up(&topic, &feed, 3).await;
    assert_eq!(soon(feed.clear_dead_letters(None, false)).await.unwrap(), 3);
    assert_eq!(listed(&feed).await, []);
    assert!(is_quiet(&feed).await);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_replay_that_dies_with_its_process_is_still_a_dead_letter() {
    let subject = name("event.poison");
    let (adapter, topic, feed) = connected(shared(), subject).await;
    let ids = give_up(&topic, &feed, 1).await;
    assert_eq!(soon(feed.clear_dead_letters(None, true)).await.unwrap(), 1);
    next(&feed).await;
    adapter.close().await;
    let (other, _, feed) = connected(shared(), subject).await;
    until_listed(&feed, &ids).await;
    other.close().await;
}

async fn until_listed(feed: &Arc<dyn Feed>, ids: &[Id]) {
    let listed = async {
        while listed(feed).await.iter().map(|(id, ..)| *id).ne(ids.iter().copied()) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    soon(listed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_is_a_dead_letter_at_once_and_the_consumer_goes_on() {
    let subject = name("event.malformed");
    let (adapter, topic, feed) = connected(shared(), subject).await;
    let (_connection, channel) = outsider(shared()).await;
    let (options, nothing) = (BasicPublishOptions::default(), BasicProperties::default());
    channel.basic_publish(subject.into(), "".into(), options, b"\xff no event", nothing).await.unwrap();
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(take(&feed).await, 1);
    let dead = soon(feed.dead_letters(0)).await.unwrap();
    assert_eq!(dead.len(), 1);
    assert!(dead[0].reason.contains("specversion"), "{}", dead[0].reason);
    assert_eq!(dead[0].message.json().unwrap(), &b"\xff no event"[..]);
    adapter.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_to_come_again_does_so_with_the_next_attempt() {
    let (adapter, topic, feed) = connected(shared(), name("event.again")).await;
    soon(topic.publish(message(1))).await.unwrap();
    soon(topic.publish(message(2))).await.unwrap();
    let first = next(&feed).await;
    assert_eq!((number(&first), first.attempt), (1, 1));
    feed.settle(&first, Settlement::Again(Duration::from_millis(200))).await.unwrap();
    assert_eq!(take(&feed).await, 2);
    let second = next(&feed).await;
    assert_eq!((number(&second), second.attempt), (1, 2));
    // Given back, the broker counts.
    feed.settle(&second, Settlement::Again(Duration::ZERO)).await.unwrap();
    let third = next(&feed).await;
    assert_eq!((number(&third), third.attempt), (1, 2));
    feed.settle(&third, Settlement::Done).await.unwrap();
    adapter.close().await;
}
