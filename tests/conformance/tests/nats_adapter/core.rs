//! Events that may be lost: heard by those who listen, counted by those who miss them, safe with the server once
//! published.

use std::sync::Arc;

use pontoon::adapter::Consumer;
use pontoon::adapter::SubscriptionPolicy;

use crate::harness::{EAR, Topology, is_quiet, message, next, number, soon, take, until};

const LOSSY: SubscriptionPolicy = SubscriptionPolicy::at_most_once();

#[tokio::test(flavor = "multi_thread")]
async fn every_subscription_has_its_copy_and_its_instances_share_it() {
    let topology = Topology::shared();
    let (first, ear) = topology.hearing(LOSSY).await;
    let (second, same_ear) = topology.hearing(LOSSY).await;
    let third = topology.adapter().await;
    let other: Arc<dyn Consumer> = third.subscribe(topology.event, "billing.v1.charge", LOSSY);
    soon(third.connect()).await.unwrap();
    let (speaker, topic) = topology.speaking().await;
    for number in 0..100 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for number in 0..100 {
        assert_eq!(take(&other).await, number, "in order");
    }
    let mut shared = [Vec::new(), Vec::new()];
    while shared[0].len() + shared[1].len() < 100 {
        tokio::select! {
            number = take(&ear) => shared[0].push(number),
            number = take(&same_ear) => shared[1].push(number),
        }
    }
    assert!(!shared[0].is_empty() && !shared[1].is_empty(), "{shared:?}");
    let mut all = shared.concat();
    all.sort_unstable();
    assert!(all.into_iter().eq(0..100));
    assert!(is_quiet(&ear).await && is_quiet(&other).await);
    for adapter in [first, second, third, speaker] {
        soon(adapter.close()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens_and_that_is_no_error() {
    let topology = Topology::shared();
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    let (_hearer, ear) = topology.hearing(LOSSY).await;
    soon(topic.publish(message(2))).await.unwrap();
    assert_eq!(take(&ear).await, 2, "who comes later has not heard the first");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_too_slow_misses_the_oldest_and_counts_them() {
    let topology = Topology::shared();
    let (hearer, ear) = topology.hearing(LOSSY.bound(10)).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(0))).await.unwrap();
    assert_eq!(take(&ear).await, 0);
    for number in 1..=1000 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    until("there is no room", || ear.unfinished(pontoon::Instant::now()) == 10).await;
    let (mut last, mut taken) = (0, 0);
    while last < 1000 {
        last = take(&ear).await;
        taken += 1;
    }
    assert_eq!(hearer.counters().lost, 1000 - taken);
    assert!(taken < 1000, "it was slow");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_arrived_is_handed_out_before_the_end() {
    let topology = Topology::shared();
    let (hearer, ear) = topology.hearing(LOSSY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..50 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    soon(hearer.drain()).await;
    for expected in 0..50 {
        assert_eq!(number(&next(&ear).await), expected);
    }
    assert!(soon(ear.next()).await.is_none());
    soon(hearer.close()).await;
}

/// What is published by a unit that knows of no subscription which must not miss it is kept for one all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_comes_later_is_noticed() {
    let topology = Topology::shared();
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    let (durable, ear) = topology.hearing(SubscriptionPolicy::at_least_once()).await;
    for number in 2..100 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for number in 2..100 {
        assert_eq!(take(&ear).await, number);
    }
    soon(durable.close()).await;

    // It is gone again, with all who wanted it.
    topology.jetstream().await.delete_stream(topology.stream()).await.unwrap();
    soon(topic.publish(message(100))).await.unwrap();
    let listener = topology.adapter().await;
    let live = listener.subscribe(topology.event, EAR, LOSSY);
    soon(listener.connect()).await.unwrap();
    soon(topic.publish(message(101))).await.unwrap();
    assert_eq!(take(&live).await, 101);
}
