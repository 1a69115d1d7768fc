//! Subscriptions that have to be there before their events are published: a broker of MQTT keeps nothing for who has
//! never subscribed.

use std::time::Duration;

use pontoon::BridgeError;
use pontoon_brokers::{Broker, Kind};
use tokio::time::timeout;

use crate::harness::{EAR, POLICY, Topology, is_quiet, message, soon, take};

#[tokio::test(flavor = "multi_thread")]
async fn an_event_waits_for_each_subscription_that_would_miss_it() {
    const OTHER: &str = "billing.v1.charge";
    let topology = Topology::shared();
    let speaker = topology.adapter().await;
    let topic = speaker.topic(topology.event);
    speaker.retain_for(topology.event, EAR, POLICY);
    speaker.retain_for(topology.event, OTHER, POLICY);
    soon(speaker.connect()).await.unwrap();
    let mut publishing: Vec<_> = (0..3)
        .map(|number| {
            let topic = topic.clone();
            tokio::spawn(async move { topic.publish(message(number)).await })
        })
        .collect();
    let (_one, ear) = topology.hearing(POLICY).await;
    assert!(timeout(Duration::from_millis(500), &mut publishing[0]).await.is_err(), "the other one would miss it");
    let two = topology.adapter().await;
    let other = two.subscribe(topology.event, OTHER, POLICY);
    soon(two.connect()).await.unwrap();
    for one in publishing {
        soon(one).await.unwrap().unwrap();
    }
    for consumer in [&ear, &other] {
        let mut numbers = [take(consumer).await, take(consumer).await, take(consumer).await];
        numbers.sort_unstable();
        assert_eq!(numbers, [0, 1, 2]);
    }
    // Now it is known, and they may go.
    soon(two.close()).await;
    soon(topic.publish(message(3))).await.unwrap();
    assert_eq!(take(&ear).await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_somebody_would_miss_is_an_error_in_the_end() {
    let topology = Topology::shared();
    let (_hearer, ear) = topology.hearing(POLICY).await;
    let speaker = topology.adapter().await;
    let topic = speaker.topic(topology.event);
    speaker.retain_for(topology.event, "billing.v1.charge", POLICY);
    soon(speaker.connect()).await.unwrap();
    let refused = soon(topic.publish(message(1))).await;
    let Err(BridgeError::Unavailable(why)) = refused else { panic!("{refused:?}") };
    assert!(why.to_string().contains("`billing.v1.charge` has not subscribed yet"), "{why}");
    assert!(is_quiet(&ear).await, "nobody has heard it");
    assert!(speaker.health().is_ready());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_nobody_needs_is_published_all_the_same() {
    let (_speaker, topic) = Topology::shared().speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
}

/// Mosquitto keeps what it has for a shared subscription over a restart, and forgets the subscription.
#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_a_restarted_broker_has_forgotten_is_waited_for() {
    let broker = Broker::start(Kind::Mqtt).unwrap();
    let topology = Topology::at(broker.url());
    let (hearer, ear) = topology.hearing_as("hearer", POLICY).await;
    let speaker = topology.adapter().await;
    let topic = speaker.topic(topology.event);
    speaker.retain_for(topology.event, EAR, POLICY);
    soon(speaker.connect()).await.unwrap();
    soon(topic.publish(message(0))).await.unwrap();
    assert_eq!(take(&ear).await, 0);
    soon(hearer.close()).await;
    soon(topic.publish(message(1))).await.unwrap();
    broker.restart().unwrap();
    let publishing = tokio::spawn(async move { topic.publish(message(2)).await });
    tokio::time::sleep(Duration::from_millis(1500)).await;
    assert!(!publishing.is_finished(), "the broker would give it to nobody");
    let (_hearer, ear) = topology.hearing_as("hearer", POLICY).await;
    soon(publishing).await.unwrap().unwrap();
    assert_eq!([take(&ear).await, take(&ear).await], [1, 2]);
}
