//! At least once: instances share, nothing is lost on the way from one to the other, order where it is promised.

use std::collections::BTreeSet;
use std::time::Duration;

use pontoon::adapter::Settlement;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::{BridgeError, Instant};

use crate::harness::{Topology, is_quiet, message, next, number, soon, take};

const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once();

#[tokio::test(flavor = "multi_thread")]
async fn instances_share_and_what_one_gives_back_the_other_has_at_once() {
    let topology = Topology::shared();
    let (first, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..200 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let mut seen = BTreeSet::new();
    for _ in 0..50 {
        assert!(seen.insert(take(&ear).await), "twice");
    }
    // In the handler when the unit stops.
    let held = next(&ear).await;
    let begun = Instant::now();
    soon(first.drain()).await;
    assert!(soon(ear.next()).await.is_none());
    soon(ear.settle(&held, Settlement::Ack)).await.unwrap();
    seen.insert(number(&held));
    soon(first.close()).await;
    assert!(matches!(ear.settle(&held, Settlement::Ack).await, Err(BridgeError::LeaseLost)));

    let (_second, other) = topology.hearing(POLICY).await;
    while seen.len() < 200 {
        let delivery = next(&other).await;
        assert!(delivery.attempt <= 2, "{delivery:?}");
        assert!(seen.insert(number(&delivery)), "{} comes twice", number(&delivery));
        soon(other.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
    assert!(begun.elapsed() < Duration::from_secs(20), "its lease did not have to end: {:?}", begun.elapsed());
    assert!(is_quiet(&other).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_back_one_message_does_not_end() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(POLICY.attempts(1)).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    let first = next(&ear).await;
    soon(ear.settle(&first, Settlement::Release)).await.unwrap();
    let second = next(&ear).await;
    assert_eq!((number(&second), second.attempt), (1, 1), "nobody has tried it: it is not over its attempts");
    soon(ear.extend(&second)).await.unwrap();
    soon(ear.settle(&second, Settlement::Ack)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn in_order_there_is_one_at_a_time_over_all_instances() {
    let topology = Topology::shared();
    let (_first, one) = topology.hearing(POLICY.ordered()).await;
    let (_second, two) = topology.hearing(POLICY.ordered()).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..20 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for expected in 0..20 {
        let (consumer, delivery) = tokio::select! {
            delivery = next(&one) => (&one, delivery),
            delivery = next(&two) => (&two, delivery),
        };
        assert_eq!(number(&delivery), expected);
        assert!(tokio::time::timeout(Duration::from_millis(30), one.next()).await.is_err());
        assert!(tokio::time::timeout(Duration::from_millis(30), two.next()).await.is_err());
        soon(consumer.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_published_twice_is_one() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    let twice = message(1);
    for event in [twice.clone(), twice, message(2)] {
        soon(topic.publish(event)).await.unwrap();
    }
    assert_eq!((take(&ear).await, take(&ear).await), (1, 2));
    assert!(is_quiet(&ear).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_everything_and_may_be_done_twice() {
    let topology = Topology::shared();
    let (hearer, ear) = topology.hearing(POLICY).await;
    let (speaker, topic) = topology.speaking().await;
    let publishing: Vec<_> = (0..100)
        .map(|number| {
            let topic = topic.clone();
            tokio::spawn(async move { topic.publish(message(number)).await })
        })
        .collect();
    soon(speaker.close()).await;
    let mut published = 0;
    for one in publishing {
        match soon(one).await.unwrap() {
            Ok(()) => published += 1,
            Err(BridgeError::Closed) => {}
            Err(other) => panic!("{other}"),
        }
    }
    soon(speaker.close()).await;
    assert!(matches!(soon(topic.publish(message(0))).await, Err(BridgeError::Closed)));
    assert!(!speaker.health().is_ready());
    for _ in 0..published {
        take(&ear).await;
    }
    assert!(is_quiet(&ear).await);
    soon(hearer.close()).await;
    assert!(soon(ear.next()).await.is_none());
    assert!(soon(hearer.connect()).await.is_err());
}
