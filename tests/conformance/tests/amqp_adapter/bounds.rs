//! Subscriptions with a bound.

use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::{Consumer, EventAdapter, Topic};
use pontoon::adapter::{SubscriptionPolicy, WhenFull};

use crate::harness::{at, message, name, shared, soon, take};

const SUBSCRIPTION: &str = "email.v1.greet";
const BOUND: u32 = 5;

/// A publisher that keeps events for a subscription with a bound, and who takes from it later.
async fn bounded(
    when_full: WhenFull,
) -> (Arc<dyn EventAdapter>, Arc<dyn Topic>, Arc<dyn EventAdapter>, Arc<dyn Consumer>) {
    let subject = name("event.bounded");
    let policy = SubscriptionPolicy::at_least_once().bound(BOUND).when_full(when_full);
    let publisher = at(shared()).await;
    let topic = publisher.topic(subject);
    publisher.retain_for(subject, SUBSCRIPTION, policy);
    publisher.connect().await.unwrap();
    let subscriber = at(shared()).await;
    let consumer = subscriber.subscribe(subject, SUBSCRIPTION, policy);
    (publisher, topic, subscriber, consumer)
}

/// Publishes until it is refused or does not end; how many were taken.
async fn fill(topic: &Arc<dyn Topic>) -> u32 {
    let mut taken = 0;
    loop {
        // A quorum queue counts a little later than it confirms.
        tokio::time::sleep(Duration::from_millis(50)).await;
        match tokio::time::timeout(Duration::from_secs(3), topic.publish(message(taken))).await {
            Ok(Ok(())) => taken += 1,
            Ok(Err(BridgeError::Full { at })) => {
                assert_eq!(at, SUBSCRIPTION);
                return taken;
            }
            Ok(Err(error)) => panic!("{error}"),
            Err(_) => return taken,
        }
        assert!(taken <= BOUND + 2, "it has no bound");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_subscription_refuses() {
    let (publisher, topic, subscriber, consumer) = bounded(WhenFull::Refuse).await;
    let taken = fill(&topic).await;
    assert!(taken >= BOUND, "{taken}");
    subscriber.connect().await.unwrap();
    for number in 0..taken {
        assert_eq!(take(&consumer).await, number);
    }
    soon(topic.publish(message(99))).await.unwrap();
    assert_eq!(take(&consumer).await, 99);
    publisher.close().await;
    subscriber.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_subscription_lets_its_publisher_wait() {
    let (publisher, topic, subscriber, consumer) = bounded(WhenFull::Wait).await;
    let taken = fill(&topic).await;
    assert!(taken >= BOUND, "{taken}");
    let waits = tokio::spawn(async move { topic.publish(message(99)).await });
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!waits.is_finished());
    subscriber.connect().await.unwrap();
    for number in 0..taken {
        assert_eq!(take(&consumer).await, number);
    }
    soon(waits).await.unwrap().unwrap();
    assert_eq!(take(&consumer).await, 99);
    publisher.close().await;
    subscriber.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_subscription_drops_its_oldest() {
    let (publisher, topic, subscriber, consumer) = bounded(WhenFull::DropOldest).await;
    for number in 0..20 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    subscriber.connect().await.unwrap();
    for number in 20 - BOUND..20 {
        assert_eq!(take(&consumer).await, number);
    }
    publisher.close().await;
    subscriber.close().await;
}
