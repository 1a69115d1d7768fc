//! A cluster of three servers, one of which goes for good. E41.

use std::collections::BTreeSet;

use pontoon::adapter::SubscriptionPolicy;
use pontoon_brokers::{Broker, Kind, Peers};
use tokio::task::block_in_place;

use crate::harness::{at, message, name, soon, take, until};

const EAR: &str = "email.v1.greet";

/// An event that was confirmed is in a quorum of servers, and nothing of it is out of reach when one is gone for good.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_confirmed_outlives_a_server() {
    const COUNT: u32 = 200;
    let peers = Peers::new().unwrap();
    let start = |number| Broker::configured(Kind::Amqp).member(&peers, number).start().unwrap();
    let [first, second, third] = block_in_place(|| [start(0), start(1), start(2)]);
    let subject = name("event.outlives");
    // Where it is declared is who leads it: the one that goes.
    let declaring = at(&first.url()).await;
    declaring.subscribe(subject, EAR, SubscriptionPolicy::at_least_once().dead_letter());
    soon(declaring.connect()).await.unwrap();
    soon(declaring.close()).await;
    let (hearing, speaking) = (at(&second.url()).await, at(&third.url()).await);
    let topic = speaking.topic(subject);
    speaking.retain_for(subject, EAR, SubscriptionPolicy::at_least_once().dead_letter());
    soon(speaking.connect()).await.unwrap();
    for event in 0..COUNT / 2 {
        soon(topic.publish(message(event))).await.unwrap();
    }
    block_in_place(|| first.kill().unwrap());
    let consumer = hearing.subscribe(subject, EAR, SubscriptionPolicy::at_least_once().dead_letter());
    soon(hearing.connect()).await.unwrap();
    let publishing = async {
        for event in COUNT / 2..COUNT {
            soon(topic.publish(message(event))).await.unwrap();
        }
    };
    let taking = async {
        let mut seen = BTreeSet::new();
        while seen.len() < COUNT as usize {
            seen.insert(take(&consumer).await);
        }
        seen
    };
    let ((), seen) = tokio::join!(publishing, taking);
    assert!(seen.into_iter().eq(0..COUNT));
    until("both are ready", || hearing.health().is_ready() && speaking.health().is_ready()).await;
    soon(hearing.close()).await;
    soon(speaking.close()).await;
    drop((first, second, third));
}
