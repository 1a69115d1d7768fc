//! Events on the local disk: kept for each subscription, in order, over a restart; and what the topology does not have
//! any more.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use pontoon::BridgeError;
use pontoon::adapter::embedded::EmbeddedEvents;
use pontoon::adapter::{Consumer, EventAdapter, KnownSubscription, Orphan, Settlement, SubscriptionPolicy};
use pontoon_conformance::adapter::{is_quiet, message, next, number, soon, take};

const SUBJECT: &str = "suite.event.noted.v1";
const POLICY: SubscriptionPolicy = SubscriptionPolicy::at_least_once().dead_letter();

/// A bridge with these subscriptions, which are all that the topology has.
async fn open<const N: usize>(folder: &Path, names: [&'static str; N]) -> (EmbeddedEvents, [Arc<dyn Consumer>; N]) {
    let bridge = EmbeddedEvents::new(folder);
    let consumers = names.map(|name| bridge.subscribe(SUBJECT, name, POLICY));
    bridge.know(names.map(|name| KnownSubscription::new(SUBJECT, name, POLICY)).into());
    soon(bridge.connect()).await.unwrap();
    (bridge, consumers)
}

async fn publish(bridge: &EmbeddedEvents, numbers: std::ops::Range<u32>) {
    let topic = bridge.topic(SUBJECT);
    for number in numbers {
        soon(topic.publish(message(number))).await.unwrap();
    }
}

#[tokio::test]
async fn each_subscription_has_its_own_copy_over_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let (bridge, [one, _other]) = open(folder.path(), ["one.v1.hear", "other.v1.hear"]).await;
    publish(&bridge, 0..10).await;
    for expected in 0..5 {
        assert_eq!(take(&one).await, expected);
    }
    soon(bridge.close()).await;
    let (bridge, [one, other]) = open(folder.path(), ["one.v1.hear", "other.v1.hear"]).await;
    publish(&bridge, 10..12).await;
    for expected in 5..12 {
        assert_eq!(take(&one).await, expected);
    }
    for expected in 0..12 {
        assert_eq!(take(&other).await, expected);
    }
    assert!(is_quiet(&one).await && is_quiet(&other).await);
}

#[tokio::test]
async fn an_ordered_subscription_keeps_its_order_over_a_stop_in_the_middle_of_an_attempt() {
    let folder = tempfile::tempdir().unwrap();
    let policy = POLICY.ordered();
    let bridge = EmbeddedEvents::new(folder.path());
    let consumer = bridge.subscribe(SUBJECT, "steps.v1.step", policy);
    soon(bridge.connect()).await.unwrap();
    publish(&bridge, 0..4).await;
    let (first, second) = (next(&consumer).await, next(&consumer).await);
    soon(consumer.retried(&first)).await;
    soon(consumer.settle(&second, Settlement::Release)).await.unwrap();
    soon(consumer.settle(&first, Settlement::Retry(Duration::from_secs(60)))).await.unwrap();
    soon(bridge.close()).await;
    let bridge = EmbeddedEvents::new(folder.path());
    let consumer = bridge.subscribe(SUBJECT, "steps.v1.step", policy);
    soon(bridge.connect()).await.unwrap();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let delivery = next(&consumer).await;
        seen.push((number(&delivery), delivery.attempt));
        soon(consumer.settle(&delivery, Settlement::Ack)).await.unwrap();
    }
    assert_eq!(seen, [(0, 3), (1, 2), (2, 1), (3, 1)]);
}

#[tokio::test]
async fn what_is_left_of_a_subscription_is_reported_gets_no_more_and_can_be_removed() {
    let folder = tempfile::tempdir().unwrap();
    let (bridge, [former]) = open(folder.path(), ["back.v1.heard"]).await;
    publish(&bridge, 0..3).await;
    let delivery = next(&former).await;
    soon(former.settle(&delivery, Settlement::DeadLetter("it is broken".to_owned()))).await.unwrap();
    assert_eq!(soon(bridge.orphans()).await.unwrap(), []);
    soon(bridge.close()).await;

    let (bridge, [now]) = open(folder.path(), ["back.v1.hear"]).await;
    publish(&bridge, 3..5).await;
    assert_eq!((take(&now).await, take(&now).await), (3, 4));
    let waiting = Orphan { name: format!("{SUBJECT}.back.v1.heard"), messages: Some(2) };
    let dead = Orphan { name: format!("{SUBJECT}.back.v1.heard.dead"), messages: Some(1) };
    assert_eq!(soon(bridge.orphans()).await.unwrap(), [waiting.clone(), dead.clone()]);
    // What was said to be empty, and is not any more, stays; and what is taken from is no orphan.
    assert!(!soon(bridge.remove_orphan(Orphan { messages: Some(0), ..waiting.clone() })).await.unwrap());
    let taken = Orphan { name: format!("{SUBJECT}.back.v1.hear"), messages: None };
    assert!(!soon(bridge.remove_orphan(taken)).await.unwrap());
    assert!(soon(bridge.remove_orphan(Orphan { messages: None, ..waiting })).await.unwrap());
    assert_eq!(soon(bridge.orphans()).await.unwrap(), std::slice::from_ref(&dead));
    assert!(soon(bridge.remove_orphan(Orphan { messages: None, ..dead })).await.unwrap());
    assert_eq!(soon(bridge.orphans()).await.unwrap(), []);
    soon(bridge.close()).await;

    // Whoever takes up the name again begins anew.
    let (bridge, [former]) = open(folder.path(), ["back.v1.heard"]).await;
    assert!(soon(former.dead_letters(0)).await.unwrap().is_empty());
    publish(&bridge, 9..10).await;
    assert_eq!(take(&former).await, 9);
}

#[tokio::test]
async fn a_closed_bridge_is_an_error_and_lets_nobody_hang() {
    let folder = tempfile::tempdir().unwrap();
    let (bridge, [consumer]) = open(folder.path(), ["back.v1.hear"]).await;
    let waiting = tokio::spawn({
        let consumer = Arc::clone(&consumer);
        async move { consumer.next().await.is_none() }
    });
    tokio::task::yield_now().await;
    soon(bridge.close()).await;
    soon(bridge.close()).await;
    assert!(soon(waiting).await.unwrap());
    let refused = soon(bridge.topic(SUBJECT).publish(message(1))).await;
    assert!(matches!(refused, Err(BridgeError::Closed)), "{refused:?}");
    assert!(matches!(soon(bridge.connect()).await, Err(BridgeError::Closed)));
}
