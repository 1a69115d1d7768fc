//! Subscriptions and instances: who hears what, and who may be called what.

use std::collections::BTreeSet;
use std::sync::Arc;

use pontoon::Health;
use pontoon::adapter::SubscriptionPolicy;
use pontoon::adapter::{Consumer, Settlement};

use crate::harness::{EAR, POLICY, Topology, is_quiet, message, next, number, soon, take, until};

#[tokio::test(flavor = "multi_thread")]
async fn two_subscriptions_of_one_unit_hear_all_of_one_event() {
    const EVENTS: u32 = 100;
    for policy in [POLICY, SubscriptionPolicy::at_most_once()] {
        let topology = Topology::shared();
        let hearer = topology.adapter().await;
        let one = hearer.subscribe(topology.event, "email.v1.greet", policy);
        let two = hearer.subscribe(topology.event, "billing.v1.charge", policy);
        let topic = hearer.topic(topology.event);
        soon(hearer.connect()).await.unwrap();
        for number in 0..EVENTS {
            soon(topic.publish(message(number))).await.unwrap();
        }
        for consumer in [&one, &two] {
            for number in 0..EVENTS {
                assert_eq!(take(consumer).await, number);
            }
            assert!(is_quiet(consumer).await);
        }
        assert_eq!(hearer.counters().lost, 0);
        soon(hearer.close()).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn instances_that_start_at_once_share_a_subscription() {
    const EVENTS: u32 = 60;
    let topology = Topology::shared();
    let (one, two) = tokio::join!(topology.hearing(POLICY), topology.hearing(POLICY));
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..EVENTS {
        soon(topic.publish(message(number))).await.unwrap();
    }
    let taken = [gather(one.1).await, gather(two.1).await];
    assert!(taken.iter().all(|numbers| !numbers.is_empty()), "{taken:?}");
    assert_eq!(taken[0].len() + taken[1].len(), EVENTS as usize);
    let all: BTreeSet<u32> = taken.into_iter().flatten().collect();
    assert!(all.into_iter().eq(0..EVENTS));
}

/// All that comes until nothing more does.
async fn gather(consumer: Arc<dyn Consumer>) -> Vec<u32> {
    let mut numbers = Vec::new();
    while let Ok(Some(delivery)) = tokio::time::timeout(std::time::Duration::from_millis(500), consumer.next()).await {
        consumer.settle(&delivery, Settlement::Ack).await.unwrap();
        numbers.push(number(&delivery));
    }
    numbers
}

#[tokio::test(flavor = "multi_thread")]
async fn units_may_have_one_client_id_and_instances_of_one_unit_may_not() {
    let topology = Topology::shared();
    let open = async |unit: &'static str| {
        let settings = topology.settings_as(topology.name);
        let instance = pontoon::adapter::Instance::new(topology.name, unit);
        let mut setup = pontoon::adapter::Setup::new(instance, false, pontoon::adapter::Variables::default());
        let adapter = pontoon::adapter::EventBridge::open(&settings, &mut setup)
            .await
            .expect("it opens where there is no problem");
        let consumer = adapter.subscribe(topology.event, EAR, POLICY);
        soon(adapter.connect()).await.unwrap();
        (adapter, consumer)
    };
    let (one, _one) = open("accounts").await;
    let (two, _two) = open("mail").await;
    until("both are ready", || one.health().is_ready() && two.health().is_ready()).await;
    let (three, _three) = open("mail").await;
    until(
        "the older one says why it had to go",
        || matches!(two.health(), Health::Degraded(why) if why.contains("`client_id` has to be unlike all others")),
    )
    .await;
    soon(three.close()).await;
    until("it comes back", || two.health().is_ready()).await;
    until("the other unit is, too", || one.health().is_ready()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_instance_has_left_waits_for_it() {
    let topology = Topology::shared();
    let (hearer, ear) = topology.hearing_as(topology.name, POLICY).await;
    let (_speaker, topic) = topology.speaking().await;
    for number in 0..3 {
        soon(topic.publish(message(number))).await.unwrap();
    }
    assert_eq!(take(&ear).await, 0);
    let held = next(&ear).await;
    soon(hearer.drain()).await;
    assert!(soon(ear.next()).await.is_none(), "nothing more is taken");
    soon(ear.settle(&held, Settlement::Ack)).await.unwrap();
    soon(hearer.close()).await;
    soon(topic.publish(message(3))).await.unwrap();
    let (_hearer, ear) = topology.hearing_as(topology.name, POLICY).await;
    let (two, three) = (next(&ear).await, next(&ear).await);
    assert_eq!([number(&two), number(&three)], [2, 3]);
    assert_eq!(two.attempt, 2, "the process that is gone had it already");
    assert!(is_quiet(&ear).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_with_one_attempt_is_tried_also_when_its_first_process_is_gone() {
    let topology = Topology::shared();
    let policy = POLICY.attempts(1);
    let (hearer, ear) = topology.hearing_as(topology.name, policy).await;
    let (_speaker, topic) = topology.speaking().await;
    soon(topic.publish(message(1))).await.unwrap();
    assert_eq!(next(&ear).await.attempt, 1);
    drop((hearer, ear));
    let (_hearer, ear) = topology.hearing_as(topology.name, policy).await;
    assert_eq!(next(&ear).await.attempt, 1, "nobody knows whether it was");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_whose_events_wait_does_not_hold_up_another() {
    /// More than one connection has in advance.
    const EVENTS: u32 = 400;
    let topology = Topology::shared();
    let hearer = topology.adapter().await;
    let slow = hearer.subscribe(topology.event, "slow.v1.hear", POLICY);
    let quick = hearer.subscribe(topology.event, "quick.v1.hear", POLICY);
    let topic = hearer.topic(topology.event);
    soon(hearer.connect()).await.unwrap();
    for number in 0..EVENTS {
        soon(topic.publish(message(number))).await.unwrap();
    }
    for number in 0..EVENTS {
        assert_eq!(take(&quick).await, number);
    }
    for number in 0..EVENTS {
        assert_eq!(take(&slow).await, number);
    }
}
